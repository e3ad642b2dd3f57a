"""Which files may be attached: PDF, DOCX, XLSX, JPG and PNG, whole, of one kind alone, with nothing that runs."""

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.tutoring.attachments import office_files, pdf_files, picture_files
from pipeline.tutoring.attachments.file_names import ending_of, shown_name

#: Bytes of one file.
LARGEST = 10 * 2**20
#: What may be attached -> how a browser is told of it.
MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpg": "image/jpeg",
    "png": "image/png",
}
_ENDINGS: Mapping[str, str] = {**{kind: kind for kind in MEDIA_TYPES}, "jpeg": "jpg"}
#: As a choice of files lists them.
ACCEPTED = ",".join(f".{ending}" for ending in _ENDINGS)
#: How other contents begin, for the letter that refuses them.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (rb"MZ|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe", N_("a program")),
    (rb"\xd0\xcf\x11\xe0", N_("an older office file (DOC, XLS) or one with a password")),
    (rb"Rar!|7z\xbc\xaf|\x1f\x8b|PK", N_("an archive")),
    (rb"GIF8|BM|RIFF....WEBP|II\*\x00|MM\x00\*|....ftyp(?:heic|heix|mif1|avif)", N_("a picture of another kind")),
    (rb"\s*(?:<!doctype|<html|<script|<svg|<\?xml)", N_("a web page or XML")),
    (rb"#!", N_("a script")),
)


class AttachmentRefused(ShownToPeople):
    """A file that may not be attached; nothing of it is kept."""


@dataclass(frozen=True)
class CheckedFile:
    """A file as it may be kept."""

    name: str
    media_type: str
    content: bytes


def checked(name: str, content: bytes) -> CheckedFile:
    """The file under the name that it is kept under. Raises AttachmentRefused, which says what was found."""
    shown = shown_name(name)
    if not content:
        raise _refused(shown, Message(N_("it is empty.")), N_("Save it again, and look whether it opens."))
    if len(content) > LARGEST:
        found = Message(N_("it has more than %(most)s MB."), {"most": LARGEST // 2**20})
        raise _refused(shown, found, N_("Make its pictures smaller, or attach it in parts."))
    kind = _kind_of(shown, content)
    if _ENDINGS.get(ending_of(shown)) != kind:
        found = Message(N_("its content is %(kind)s, and its name ends otherwise."), {"kind": kind.upper()})
        raise _refused(shown, found, N_("Where the content is right, name it so that it ends as its kind does."))
    return CheckedFile(shown, MEDIA_TYPES[kind], content)


def _kind_of(shown: str, content: bytes) -> str:
    if content.startswith(b"PK\x03\x04"):
        kind = _office_kind(shown, content)
    elif content.startswith(b"%PDF-"):
        kind = _pdf(shown, content)
    elif content.startswith(b"\x89PNG"):
        kind = _whole(shown, "png", picture_files.is_whole_png(content))
    elif content.startswith(b"\xff\xd8\xff"):
        kind = _whole(shown, "jpg", picture_files.is_whole_jpg(content))
    else:
        raise _other_kind(shown, content)
    archive = kind in ("docx", "xlsx")
    if (not archive and zipfile.is_zipfile(BytesIO(content))) or (kind != "pdf" and b"%PDF-" in content[:1024]):
        raise _refused(
            shown,
            Message(N_("it is two kinds of file at once.")),
            N_("Save it anew from the program it was made with."),
        )
    return kind


def _office_kind(shown: str, content: bytes) -> str:
    try:
        kind = office_files.kind_of(content)
    except office_files.TooMuchInsideError:
        raise _too_much(shown) from None
    except office_files.BrokenError:
        raise _broken(shown) from None
    if kind == "macros":
        found = Message(N_("it holds macros or controls, which run when it is opened."))
        raise _refused(shown, found, N_("Save it as DOCX or XLSX without them, or as PDF."))
    if kind is None:
        raise _other_kind(shown, content)
    return kind


def _pdf(shown: str, content: bytes) -> str:
    _whole(shown, "pdf", pdf_files.is_whole(content))
    try:
        runs = pdf_files.runs_something(content)
    except pdf_files.TooMuchInsideError:
        raise _too_much(shown) from None
    except pdf_files.NotReadableError:
        found = Message(N_("it is locked or packed so that nobody can look through it."))
        raise _refused(shown, found, N_("Print it into a new PDF, and attach that.")) from None
    if runs:
        found = Message(N_("it holds a script, a form with one, a film, or starts a program."))
        raise _refused(shown, found, N_("Print it into a new PDF, and attach that."))
    return "pdf"


def _whole(shown: str, kind: str, whole: bool) -> str:
    if not whole:
        raise _broken(shown)
    return kind


def _broken(shown: str) -> AttachmentRefused:
    found = Message(N_("it begins as a file of its kind and is not whole."))
    return _refused(shown, found, N_("Save it again, and look whether it opens."))


def _too_much(shown: str) -> AttachmentRefused:
    found = Message(N_("what is packed in it is far larger than a document."))
    return _refused(shown, found, N_("Save it anew from the program it was made with."))


def _other_kind(shown: str, content: bytes) -> AttachmentRefused:
    head = content[:64]
    others = (words for begins, words in _OTHERS if re.match(begins, head, re.DOTALL | re.IGNORECASE))
    found = Message(
        N_("its content is %(found)s, not PDF, DOCX, XLSX, JPG or PNG."),
        {"found": Message(next(others, N_("of no kind that is known here")))},
    )
    return _refused(shown, found, N_("Save it as one of these, and attach that."))


def _refused(shown: str, found: Message, instead: str) -> AttachmentRefused:
    text = N_("%(file)s is not attached: %(found)s %(instead)s Nothing of it was kept.")
    return AttachmentRefused(Message(text, {"file": shown, "found": found, "instead": Message(instead)}))
