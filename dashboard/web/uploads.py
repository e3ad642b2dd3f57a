"""A file that a browser sends: how large it may be, and the name under which it is kept."""

import re
from pathlib import Path

#: A file larger than this is split, or imported on the server's own command line.
LARGEST_FILE_BYTES = 40 * 2**20
#: The kinds of files that are read.
SUFFIXES = (".xlsx", ".csv")


def safe_name(filename: str) -> str:
    """The file's own name without folders and characters that are special to a file system."""
    whole = filename.encode(errors="replace").decode().replace("\\", "/").replace("\x00", "_")
    name = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]", "_", Path(whole).name).strip(". ")
    stem, dot, suffix = name.rpartition(".")
    return f"{_cut(stem) or 'file'}{dot}{suffix[:8]}" if dot else (_cut(name) or "file")


def _cut(stem: str) -> str:
    """At most 200 bytes, of which a file system counts 255: a Chinese character has three or four."""
    return stem[:120].encode()[:200].decode(errors="ignore")
