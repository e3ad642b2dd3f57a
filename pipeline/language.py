"""Chinese or English: the text of a message in the language of the person who reads it.

Below everything else. The msgid of a message is its English text; the Chinese stands in the
catalogues of pipeline/translations. Chinese is the default. A Message keeps both languages, for
what is stored or sent before it is known who will read it.
"""

import gettext as stdlib_gettext
import io
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.atomic_files import write_cache_file

CHINESE, ENGLISH = "zh_CN", "en"
LANGUAGES = (CHINESE, ENGLISH)
CATALOGUES = Path(__file__).parent / "translations"

_current: ContextVar[str | None] = ContextVar("language", default=None)
_default = CHINESE
_compiling = threading.Lock()
#: What `{name}` in a translation stands for: words that a city has of its own.
_words: Callable[[], Mapping[str, str]] = dict


def language() -> str:
    """The language in which texts are being written just now: zh_CN or en."""
    return _current.get() or _default


def set_default_language(name: str) -> None:
    """What the command line and jobs without a reader of their own write in."""
    global _default
    _default = _known(name)


def fill_in(words: Callable[[], Mapping[str, str]]) -> None:
    """What `{name}` in a translation stands for, asked whenever one is read."""
    global _words
    _words = words


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Write in this language for a while (a request, a report)."""
    token = _current.set(_known(name))
    try:
        yield
    finally:
        _current.reset(token)


def gettext(msgid: str, /, **params: object) -> str:
    """The text in the current language; `%(name)s` in it is filled from `params`."""
    text = _translated(msgid, _current.get() or _default)
    return text % params if params else text


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name for "mark only"
    """Mark a text for the catalogue without translating it yet."""
    return msgid


def pick(labels: object) -> str:
    """The label of a thing that carries `.zh` and `.en`, in the current language."""
    return getattr(labels, "en" if (_current.get() or _default) == ENGLISH else "zh")


def listed(parts: Iterable[object]) -> str:
    """The parts as an enumeration in the current language: "a, b" or "a、b"."""
    return (", " if language() == ENGLISH else "、").join(map(str, parts))


def joined(parts: Iterable[object]) -> str:
    """The parts one after the other in the current language: "a; b" or "a；b"."""
    return ("; " if language() == ENGLISH else "；").join(map(str, parts))


def headed(head: str, text: object) -> str:
    """A text behind its head in the current language: "head: text" or "head：text"."""
    return f"{head}{': ' if language() == ENGLISH else '：'}{text}"


def in_brackets(text: object, more: object) -> str:
    """A text with something in brackets behind it, in the current language: "text (more)" or "text（more）"."""
    return f"{text} ({more})" if language() == ENGLISH else f"{text}（{more}）"


def short() -> str:
    """The current language as bilingual data name it: "zh" or "en"."""
    return "en" if language() == ENGLISH else "zh"


@dataclass(frozen=True)
class Label:
    """A short name kept in both languages; pick() gives the one to show."""

    zh: str
    en: str


@dataclass(frozen=True)
class Message:
    """A text kept in both languages: an English msgid and what fills it.

    A parameter may be a Message itself, a thing with `.zh` and `.en`, or a list, which is enumerated.
    """

    msgid: str
    params: Mapping[str, object] = field(default_factory=dict)

    def in_language(self, name: str) -> str:
        with speaking(name):
            return str(self)

    def __str__(self) -> str:
        return gettext(self.msgid, **{key: _said(value) for key, value in self.params.items()})


def _said(value: object) -> object:
    if isinstance(value, list | tuple):
        return listed(map(_said, value))
    return pick(value) if hasattr(value, "zh") and hasattr(value, "en") else value


def _known(name: str) -> str:
    short = name.replace("-", "_")
    if short.startswith("zh"):
        return CHINESE
    if short.startswith("en"):
        return ENGLISH
    raise ValueError(f"{name!r} is not a language of this program; it writes {' and '.join(LANGUAGES)}.")


def _translated(msgid: str, name: str) -> str:
    if name == ENGLISH or not msgid:
        return msgid
    text = _catalogue(name).get(msgid, msgid)
    if "{" in text:
        for word, said in _words().items():
            text = text.replace(f"{{{word}}}", said)
    return text


@cache
def _catalogue(name: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for source in sorted((CATALOGUES / name / "LC_MESSAGES").glob("*.po")):
        texts.update(_texts(source))
    return texts


def _texts(source: Path) -> dict[str, str]:
    """The translations of one catalogue, from its compiled form where that is up to date."""
    compiled = source.with_suffix(".mo")
    if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
        content = _compiled(source)
        _keep(compiled, content)
    else:
        content = compiled.read_bytes()
    translations = stdlib_gettext.GNUTranslations(io.BytesIO(content))
    return {key: value for key, value in translations._catalog.items() if key and isinstance(key, str)}  # type: ignore[attr-defined]


def _compiled(source: Path) -> bytes:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as stream:
        catalogue = read_po(stream)
    content = io.BytesIO()
    write_mo(content, catalogue)
    return content.getvalue()


def _keep(compiled: Path, content: bytes) -> None:
    with _compiling:  # on a read-only installation it is compiled again next time
        write_cache_file(compiled, lambda unfinished: unfinished.write_bytes(content))
