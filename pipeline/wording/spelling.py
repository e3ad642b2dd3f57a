"""How a name is spelt for whoever looks for it: without capitals and full-width letters, and as pinyin."""

import unicodedata
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import InstrumentedAttribute

#: How characters that are read in several ways are read in names of firms, where no phrase decides.
_IN_NAMES = {"长": "cháng", "晟": "shèng", "曾": "zēng"}


def folded(text: str) -> str:
    """Small letters of one width; what is no letter at all (NUL, half a character) is a space."""
    plain = unicodedata.normalize("NFKC", text).lower()
    if plain.isprintable():
        return plain
    return "".join(letter if letter.isprintable() else " " for letter in plain)


def words_of(text: str) -> list[str]:
    """The words of a search, folded."""
    return folded(text).split()


def holds(column: ColumnElement[str] | InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    """Whether a text of the database, which is stored as it was written, holds every word of a search: as it was typed,
    or folded. No sign of it is a pattern."""
    stored = func.lower(column)
    typed = "".join(sign if sign.isprintable() else " " for sign in text.lower()).split()
    ways = {tuple(typed), tuple(words_of(text))}
    return or_(*(and_(*(stored.contains(word, autoescape=True) for word in way)) for way in sorted(ways)))


def pinyin_of(name: str) -> tuple[str, str]:
    """A folded name's syllables without tones in one, and their first letters: ("jiangmenhaiyang", "jmhy"). What is no
    Chinese character stands in the first as it is, and in the second where it is a letter or digit; two empty texts for
    a name without any Chinese character."""
    if name.isascii():
        return "", ""
    syllables: list[str] = []
    initials: list[str] = []
    for word in _cut()(name):
        read = _read(word)
        syllables.extend(read)
        if word.isascii():
            initials.append("".join(filter(str.isalnum, word)))
        else:
            initials.extend(syllable[0] for syllable in read if syllable[:1].isalnum())
    return "".join("".join(syllables).split()), "".join(initials)


# The names of a city share their words (districts, trades, the legal form): each is looked up once.
@lru_cache(maxsize=50_000)
def _read(word: str) -> tuple[str, ...]:
    import pypinyin

    return tuple(pypinyin.lazy_pinyin(word))


@cache
def _cut() -> Callable[[str], Iterable[str]]:
    """Cuts a name into the phrases that decide how a character is read (重庆 chongqing, 重型 zhongxing)."""
    import pypinyin
    from pypinyin.seg import mmseg

    pypinyin.load_single_dict({ord(character): read for character, read in _IN_NAMES.items()})
    cut: Callable[[str], Iterable[str]] = mmseg.seg.cut
    return cut
