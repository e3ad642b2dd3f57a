"""A file that a browser sends: how large it may be, and the name under which it is kept."""

import re
from pathlib import Path

#: A file larger than this is split, or imported on the server's own command line.
LARGEST_FILE_BYTES = 40 * 2**20


def safe_name(filename: str) -> str:
    """The file's own name without folders and characters that are special to a file system."""
    name = re.sub(r"[\x00-\x1f/\\:*?\"<>|]", "_", Path(filename.replace("\\", "/")).name).strip(". ")
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:120] or 'file'}{dot}{suffix[:8]}" if dot else (name[:120] or "file")
