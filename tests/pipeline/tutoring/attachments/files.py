"""Small files as people attach them, and such as nobody should."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import docx
import openpyxl
from PIL import Image

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
MEGABYTE = 2**20
MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"


def pdf(inside: bytes = b"", trailer: bytes = b"") -> bytes:
    return (
        b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R" + inside + b">>\nendobj\n"
        b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
        b"trailer\n<</Root 1 0 R" + trailer + b">>\nstartxref\n0\n%%EOF\n"
    )


def pdf_with_objects(objects: bytes, head: bytes = b"/Filter/FlateDecode") -> bytes:
    """With objects in the compressed form that writers use since PDF 1.5."""
    packed = zlib.compress(objects)
    stream = b"\n3 0 obj\n<<" + head + b"/Length %d/N 1/First 4/Type/ObjStm>>stream\r\n" % len(packed) + packed
    return pdf().replace(b"\ntrailer", stream + b"\nendstream\nendobj\ntrailer")


def word(words: str = "走访纪要") -> bytes:
    document = docx.Document()
    document.add_paragraph(words)
    return _saved(document)


def sheet() -> bytes:
    book = openpyxl.Workbook()
    book.active["A1"] = "净利润"
    return _saved(book)


def png() -> bytes:
    return _saved(Image.new("RGB", (2, 2)), format="PNG")


def jpg() -> bytes:
    return _saved(Image.new("RGB", (8, 8), "red"), format="JPEG")


def archive(parts: Mapping[str, bytes], main: str = WORD) -> bytes:
    """A document of the least that makes one, with these parts too."""
    listed = f'<Types><Override PartName="/word/document.xml" ContentType="{main}"/></Types>'.encode()
    return zipped({"[Content_Types].xml": listed, "word/document.xml": b"<document/>", **parts})


def zipped(parts: Mapping[str, bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packed) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return stream.getvalue()


def bomb(*, honest: bool) -> bytes:
    """Two megabytes of nothing in two kilobytes; not `honest`: its list says one byte of them."""
    made = archive({"word/media/one.bin": bytes(2 * MEGABYTE)})
    return made if honest else made.replace(struct.pack("<I", 2 * MEGABYTE), struct.pack("<I", 1))


def _saved(document, **how) -> bytes:
    stream = io.BytesIO()
    document.save(stream, **how)
    return stream.getvalue()
