"""Letters as they are compared: full-width forms as half-width ones, invisible signs passed over, note marks kept.

Unicode's compatibility form (NFKC) would make 3200① into 32001 and 4100² into 41002: a letter is folded here only
where what comes out means the same beside other letters as well.
"""

import re
import unicodedata

#: Turns round what stands behind it: what is shown is then not what is kept, so it is never passed over in a figure.
TURNED_ROUND = "\u202e"
#: Signs that no screen shows: joiners, marks of direction, soft hyphens, selectors of variants, fillers.
_INVISIBLE = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202D),
    (0x2060, 0x206F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE0FFF),
)
_FOLDED_TAGS = frozenset({"<wide>", "<narrow>", "<small>", "<noBreak>", "<vertical>", "<compat>", "<square>"})
_MARK_TAGS = frozenset({"<super>", "<sub>", "<circle>"})
_OTHER_MARKS = "*†‡§¶※#"
_NOTES = re.compile(r"\[\d{1,2}\]|\((?:注|note)\d{0,2}\)|注\d{0,2}$")


class _Folding(dict[int, str]):
    """What each letter becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


class _Seen(dict[int, str]):
    """Each letter as it is kept: only invisible signs go, and every kind of space is one."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        gone = _is_invisible(letter) or letter == TURNED_ROUND
        kept = "" if gone else " " if unicodedata.category(letter) == "Zs" and letter != "\u3000" else letter
        self[code] = kept
        return kept


def _is_invisible(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _INVISIBLE)


def _folded(letter: str) -> str:
    if _is_invisible(letter):
        return ""
    if letter.isascii() or is_note_mark(letter):
        return letter
    form = unicodedata.decomposition(letter)
    tag = form.split()[0] if form.startswith("<") else ""
    if tag and tag not in _FOLDED_TAGS:
        return letter
    folded = unicodedata.normalize("NFKC", letter)
    # ㏠ and ㎡ hold digits, which would join those beside them; a full-width digit is one digit.
    joins = any(part.isdigit() for part in folded) and tag not in ("<wide>", "<narrow>")
    return letter if joins else folded


_FOLDING, _SEEN = _Folding(), _Seen()


def folded(text: str) -> str:
    """A text as it is compared: half-width, plain spaces, no invisible signs; ①, ² and their like stay as they are."""
    return text if text.isascii() else text.translate(_FOLDING)


def visible(text: str) -> str:
    """A text as it is kept: without signs that nobody sees, else letter by letter what was written."""
    return text if text.isascii() else text.translate(_SEEN)


def is_note_mark(letter: str) -> bool:
    """Whether a letter points to a note: ①, ², ₁, ⒈, ⑴, ❶, ㈠, ª; * and † beside them."""
    if letter in _OTHER_MARKS or unicodedata.category(letter) == "No":
        return True
    form = unicodedata.decomposition(letter)
    return form.startswith("<") and form.split()[0] in _MARK_TAGS


def without_notes(text: str) -> str:
    """A folded text without marks that point to notes: ①, *, [1], (注), 注1 at the end."""
    return _NOTES.sub("", "".join(letter for letter in text if not is_note_mark(letter)))
