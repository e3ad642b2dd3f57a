"""What may be attached: the content decides, the name has to agree, and the letter says what was found."""

import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import language
from pipeline.tutoring.attachments import file_checks, office_files, pdf_files
from pipeline.tutoring.attachments.file_checks import LARGEST, AttachmentRefused, checked
from pipeline.tutoring.attachments.file_names import LONGEST_NAME, shown_name
from tests.pipeline.tutoring.attachments.files import (
    MACROS,
    MEGABYTE,
    archive,
    bomb,
    jpg,
    pdf,
    pdf_with_objects,
    png,
    sheet,
    word,
    zipped,
)

GOOD = {
    "纪要.pdf": (pdf(), "pdf"),
    "objects.pdf": (pdf_with_objects(b"1 0 <</Type/Annot/Dest(JavaScript)>>"), "pdf"),
    "link.pdf": (pdf(b"/A<</S/URI/URI(http://a.example/Launch/x)>>"), "pdf"),
    "纪要.DOCX": (word(), "docx"),
    "tables.docx": (archive({"word/embeddings/Sheet1.xlsx": b"PK"}), "docx"),
    "报表.xlsx": (sheet(), "xlsx"),
    "photo.jpeg": (jpg(), "jpg"),
    "phone.jpg": (jpg() + b"what a phone writes behind the picture", "jpg"),
    "scan.png": (png(), "png"),
}
REFUSED = {
    "empty.pdf": (b"", "empty"),
    "program.pdf": (b"MZ\x90\x00" + bytes(60), "a program"),
    "elf.docx": (b"\x7fELF" + bytes(60), "a program"),
    "page.png": (b"<!DOCTYPE html><script>1</script>", "a web page"),
    "drawing.jpg": (b'<?xml version="1.0"?><svg/>', "a web page"),
    "old.docx": (b"\xd0\xcf\x11\xe0" + bytes(60), "older office file"),
    "phone.jpg": (b"\x00\x00\x00\x18ftypheic" + bytes(60), "another kind"),
    "words.pdf": (b"nothing that anybody knows", "no kind that is known"),
    "archive.docx": (zipped({"a.txt": b"a"}), "an archive"),
    "archive.zip": (zipped({"a.txt": b"a"}), "an archive"),
    "jar.xlsx": (zipped({"META-INF/MANIFEST.MF": b"a"}), "an archive"),
    "word.xlsx": (word(), "its name ends otherwise"),
    "word.pdf": (word(), "its name ends otherwise"),
    "noending": (pdf(), "its name ends otherwise"),
    "macros.docm": (archive({}, MACROS), "macros"),
    "macros.docx": (archive({}, MACROS), "macros"),
    "hidden.docx": (archive({"word/vbaProject.bin": b"\xd0\xcf"}), "macros"),
    "control.docx": (archive({"word/activeX/activeX1.xml": b""}), "macros"),
    "twice.docx": (archive({"WORD/document.xml": b"<other/>"}), "not whole"),
    "cut.docx": (word()[:-200], "not whole"),
    "spoilt.docx": (
        archive({}).replace(b"PK\x03\x04", b"PK\x03\x05").replace(b"PK\x03\x05", b"PK\x03\x04", 1),
        "whole",
    ),
    "packed.docx": (zipped({"a.xml": b"a"}, zipfile.ZIP_BZIP2), "not whole"),
    "bomb.docx": (bomb(honest=True), "far larger"),
    "lying.docx": (bomb(honest=False), "not whole"),
    "script.pdf": (pdf(b"/OpenAction<</S/JavaScript/JS(1)>>"), "a script"),
    "spelt.pdf": (pdf(b"/OpenAction<</S/J#61vaScript/JS(1)>>"), "a script"),
    "launch.pdf": (pdf(b"/OpenAction<</S/Launch/F(cmd.exe)>>"), "a script"),
    "packed.pdf": (pdf_with_objects(b"1 0 <</S /JavaScript /JS (1)>>"), "a script"),
    "form.pdf": (pdf(b"/AcroForm<</XFA 4 0 R>>"), "a script"),
    "locked.pdf": (pdf(trailer=b"/Encrypt 5 0 R"), "locked"),
    "odd.pdf": (pdf_with_objects(b"1 0 <<>>", b"/Filter[/ASCIIHexDecode/FlateDecode]"), "locked"),
    "unpacks.pdf": (pdf_with_objects(bytes(MEGABYTE + 1)), "far larger"),
    "half.pdf": (pdf_with_objects(b"1 0 <<>>" * 99).replace(b"endstream", b"endstraem"), "locked"),
    "flood.pdf": (pdf(b"/ObjStm " * 30_000), "locked"),
    "nowhere.pdf": (pdf(b"/ObjStm"), "locked"),
    "cut.pdf": (pdf()[:-10], "not whole"),
    "cut.png": (png()[:-3], "not whole"),
    "behind.png": (png() + b"<script>", "not whole"),
    "spoilt.png": (png().replace(b"IDAT", b"IDAX"), "not whole"),
    "cut.jpg": (jpg()[:40], "not whole"),
    "both.pdf": (pdf() + zipped({"a.class": b"a"}), "two kinds"),
    "both.jpg": (jpg() + archive({}), "two kinds"),
    "annexe\u202ecod.exe": (word(), "its name ends otherwise"),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_whole_file_of_its_kind_is_taken(name):
    content, kind = GOOD[name]
    file = checked(name, content)
    assert (file.name, file.media_type, file.content) == (name, file_checks.MEDIA_TYPES[kind], content)


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_may_not_come_in_is_refused_with_what_was_found(name, monkeypatch):
    for room in (office_files, pdf_files):
        monkeypatch.setattr(room, "MOST_UNPACKED", MEGABYTE)
    content, found = REFUSED[name]
    with language.speaking("en"), pytest.raises(AttachmentRefused) as caught:
        checked(name, content)
    with language.speaking("en"):
        said = str(caught.value)
    assert found in said
    assert said.endswith("Nothing of it was kept.")


def test_a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not():
    filled = jpg() + bytes(LARGEST - len(jpg()))
    assert checked("a.jpg", filled).content == filled
    with pytest.raises(AttachmentRefused, match="10"):
        checked("a.jpg", filled + b"a")


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\temp\\报表.xlsx", "报表.xlsx"),
        ("a\u202efdp.docx", "afdp.docx"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ('what? "this": <a|b>*.pdf', "what_ _this__ _a_b__.pdf"),
        ("  .. ", "file"),
        (".pdf", "pdf"),
        ("cafe\u0301.pdf", "café.pdf"),
        ("长" * 300 + ".docx", "长" * 195 + ".docx"),
        ("长" * 199 + " 长", "长" * 199),
        ("a.ninemarks of", "a.ninemarks"),
    ],
)
def test_a_name_is_shown_without_folders_and_what_cannot_be_seen(given_name, shown):
    assert shown_name(given_name) == shown


@given(st.text(max_size=30), st.sampled_from([1, 20]))
def test_every_name_becomes_one_that_can_be_shown_and_stays_as_it_is_then(name, times):
    shown = shown_name(name * times)
    assert 0 < len(shown) <= LONGEST_NAME
    assert not set(shown) & set('/\\\x00\r\n":*?<>|\u202e')
    assert shown_name(shown) == shown


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"%PDF-1.4", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
)
def test_junk_is_refused_in_words_and_never_breaks(junk, head):
    with pytest.raises(AttachmentRefused):
        checked("junk.pdf", head + junk)
