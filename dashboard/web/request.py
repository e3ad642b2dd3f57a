"""What a request knows: the open database, who is asking, in which language and which light.

Nothing here is taken from what the caller says about himself: the person comes from the session alone, checked
against the account at every request.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from flask import Flask, current_app, g
from flask import request as http_request
from flask_login import current_user
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline import language
from pipeline.accounts import people
from pipeline.settings import Settings
from scoring.firm_list.keeper import make_current

LANGUAGE_COOKIE, THEME_COOKIE = "goldseed_language", "goldseed_theme"
_KEY = "goldseed"


@dataclass(frozen=True)
class App:
    """One dashboard over one database. `policies`: callback output -> who may call it; filled by callbacks.py."""

    settings: Settings
    engine: Engine
    policies: dict[str, "people.Action | None"] = field(default_factory=dict)


def set_app(server: Flask, app: App) -> None:
    """Make this the dashboard of a Flask server."""
    server.extensions[_KEY] = app


def app() -> App:
    """The dashboard that answers this request."""
    current: App = current_app.extensions[_KEY]
    return current


def database() -> Session:
    """A new session on the dashboard's database, whose lists are today's: `with database() as session, …`."""
    make_current(app().engine, today())
    return Session(app().engine)


def person() -> people.Person:
    """Who is asking. Only for requests that the auth guard let through."""
    current: people.Person = current_user.person
    return current


def chosen_language() -> str:
    """The language of this reader: the cookie's, else the default of the settings."""
    chosen = http_request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in language.LANGUAGES else app().settings.language


def dark() -> bool:
    """True where this reader chose the dark theme."""
    return http_request.cookies.get(THEME_COOKIE) == "dark"


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


def local(at: datetime) -> datetime:
    """An instant of the database on the city's clock."""
    return app().settings.local(at)


def today() -> date:
    """The city's day."""
    return app().settings.today()
