"""JPG and PNG: whether a content is a picture from its first to its last part, told without drawing it."""

import zlib

_PNG = b"\x89PNG\r\n\x1a\n"
#: Segments of a JPG that begin a frame: without one there is no picture.
_FRAMES = frozenset({*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)})


def is_whole_png(content: bytes) -> bool:
    """Whether every chunk is there with the sum that it states, the last one ends the file."""
    at, first = len(_PNG), True
    while content.startswith(_PNG) and at + 12 <= len(content):
        size, name = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(content) or (first and name != b"IHDR"):
            return False
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return False
        if name == b"IEND":
            return end == len(content)
        at, first = end, False
    return False


def is_whole_jpg(content: bytes) -> bool:
    """Whether a frame and its scan are there, and an end after them; phones write more behind that end."""
    at, framed = 2, False
    while content.startswith(b"\xff\xd8\xff") and at + 4 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        size = int.from_bytes(content[at + 2 : at + 4])
        if size < 2 or at + 2 + size > len(content):
            return False
        framed = framed or marker in _FRAMES
        at += 2 + size
        if marker == 0xDA:
            return framed and content.find(b"\xff\xd9", at) >= 0
    return False
