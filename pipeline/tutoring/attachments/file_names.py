"""The name under which a file is shown and given out: letters that can be seen, no folder, not too long."""

import re
import unicodedata

LONGEST_NAME = 200
#: Control and format characters (among them those that turn the direction of writing), and what is no character.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def shown_name(name: str) -> str:
    """The file's own name, without folders and without what cannot be seen or no file system takes; "file" where
    nothing is left. Too long a name loses the end of its stem and keeps its ending."""
    composed = unicodedata.normalize("NFC", name)
    seen = "".join(each for each in composed if unicodedata.category(each) not in _UNSEEN)
    own = re.split(r"[/\\]", seen)[-1]
    tidy = re.sub(r"\s+", " ", re.sub(r'[:*?"<>|]', "_", own)).strip(" .")
    stem, dot, ending = tidy.rpartition(".")
    if not dot:
        return tidy[:LONGEST_NAME].rstrip() or "file"
    ending = ending[:10].rstrip()
    return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip() or 'file'}.{ending}"


def ending_of(name: str) -> str:
    """The ending of a name in small letters, without its dot; empty where there is none."""
    _stem, dot, ending = name.rpartition(".")
    return ending.casefold() if dot else ""
