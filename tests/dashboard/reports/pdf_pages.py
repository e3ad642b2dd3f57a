"""How many pages a PDF has, read from the file itself."""

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def page_count(pdf: bytes) -> int:
    """The objects of type Page, those within compressed streams among them."""
    parts = [pdf]
    for packed in _STREAM.findall(pdf):
        try:
            parts.append(zlib.decompress(packed))
        except zlib.error:  # a font or an image
            continue
    return sum(len(re.findall(rb"/Type\s*/Page\b", part)) for part in parts)
