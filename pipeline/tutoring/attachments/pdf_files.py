"""PDF: whether it is there to its end, and whether something in it is run when it is opened.

The parts of a PDF that hold objects in a compressed form are unpacked to look through them; what is locked or
compressed in another way cannot be looked through, and is refused. This is no search for viruses: it finds what is
written as the format asks for.
"""

import re
import zlib

#: Bytes that the compressed objects of one file may unpack to.
MOST_UNPACKED = 100 * 2**20
#: Object streams of one file, and bytes between the beginning of one and its content.
_MOST_STREAMS, _LONGEST_HEAD = 20_000, 4_096
_SPACE = rb"[\x00\t\n\x0c\r ]"
_AFTER = rb"(?=" + _SPACE + rb"|[/<>\[\]()%]|$)"
#: Scripts, programs that are started, films with programs of their own, and forms that hold scripts.
_RUN = re.compile(
    rb"/(?:JavaScript|RichMedia|XFA)"
    + _AFTER
    + rb"|/Launch(?="
    + _SPACE
    + rb"|[<>\[(%]|/(?:F|Win|Mac|Unix|Next|S|Type)\b)"
)
_LOCKED = re.compile(rb"/Encrypt" + _AFTER)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_OBJECTS = re.compile(rb"/ObjStm" + _AFTER)
_STREAM = re.compile(rb"stream\r?\n")


class TooMuchInsideError(Exception):
    """A file whose objects unpack to more than a document needs."""


class NotReadableError(Exception):
    """A file that is locked, or compressed in a way in which nobody can look through it."""


def is_whole(content: bytes) -> bool:
    """Whether it begins and ends as a PDF does."""
    begins = re.match(rb"%PDF-[12]\.\d", content) is not None
    return begins and re.search(rb"startxref\s+\d+\s+%%EOF", content[-2048:]) is not None


def runs_something(content: bytes) -> bool:
    """Whether it holds a script, a program to start, or a film. Raises TooMuchInsideError, NotReadableError."""
    plain = _names_read(content)
    if _LOCKED.search(plain):
        raise NotReadableError
    return any(_RUN.search(part) for part in (plain, *map(_names_read, _compressed_objects(content))))


def _names_read(content: bytes) -> bytes:
    """With the letters of names that are written as numbers (/J#61va) as letters."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content) if b"#" in content else content


def _compressed_objects(content: bytes) -> list[bytes]:
    """What stands in the object streams."""
    found, left = [], MOST_UNPACKED
    places = list(_OBJECTS.finditer(content))
    if len(places) > _MOST_STREAMS or len(places) != len(_OBJECTS.findall(_names_read(content))):
        raise NotReadableError  # a flood of them, or one hidden under an odd spelling: no program writes that
    for each in places:
        begin = _STREAM.search(content, each.end(), each.end() + _LONGEST_HEAD)
        end = content.find(b"endstream", begin.end()) if begin else -1
        if begin is None or end < 0:
            raise NotReadableError
        head = content[
            max(content.rfind(b" obj", max(each.start() - _LONGEST_HEAD, 0), each.start()), 0) : begin.start()
        ]
        if b"/FlateDecode" not in head or head.count(b"Decode") != 1:
            raise NotReadableError
        unpacker = zlib.decompressobj()
        try:
            objects = unpacker.decompress(content[begin.end() : end], left + 1)
        except zlib.error as error:
            raise NotReadableError from error
        left -= len(objects)
        if left < 0:
            raise TooMuchInsideError
        if not unpacker.eof:
            raise NotReadableError
        found.append(objects)
    return found
