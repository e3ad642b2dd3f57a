"""What a request knows: the open database, who is asking, in which language and which light.

Below access.py and the pages. Nothing here is read from what the caller says about himself: the person
comes from the session alone, checked against the account at every request.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flask import current_app, g, request
from flask_login import current_user
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline import language
from pipeline.accounts import people
from pipeline.settings import Settings

LANGUAGE_COOKIE, THEME_COOKIE = "goldseed_language", "goldseed_theme"
_KEY = "goldseed"


@dataclass(frozen=True)
class Board:
    """One board over one database. `policies`: callback output -> who may call it; access.py fills it."""

    settings: Settings
    engine: Engine
    policies: dict[str, "people.Action | None"] = field(default_factory=dict)
    routes: Any = None  # dashboard.web.routes.Routes, which stands above this module


def keep(board: Board) -> None:
    """Make this the board of the current application."""
    current_app.extensions[_KEY] = board


def board() -> Board:
    found: Board = current_app.extensions[_KEY]
    return found


def database() -> Session:
    """A new session on the board's database: `with database() as session, session.begin(): …`."""
    return Session(board().engine)


def person() -> people.Person:
    """Who is asking. Only behind the gate, where somebody always is."""
    found: people.Person = current_user.person
    return found


def chosen_language() -> str:
    """The language of this reader: the cookie's, else the house's."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in language.LANGUAGES else board().settings.language


def dark() -> bool:
    """True where this reader chose the dark theme."""
    return request.cookies.get(THEME_COOKIE) == "dark"


def begin_speaking() -> None:
    """Write in the reader's language until the request ends."""
    g.speaking = language.speaking(chosen_language())
    g.speaking.__enter__()


def stop_speaking(_error: BaseException | None = None) -> None:
    if (speaking := g.pop("speaking", None)) is not None:
        speaking.__exit__(None, None, None)


def now() -> datetime:
    """The moment of this request, for what is recorded."""
    return datetime.now(UTC)
