"""What a request knows: the open database, who is asking, in which language and which light.

Nothing here is taken from what the caller says about himself: the person comes from the session alone, checked
against the account at every request.
"""

import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network

from flask import Flask, current_app, g
from flask import request as http_request
from flask_login import current_user
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline import language
from pipeline.accounts import people
from pipeline.settings import Settings
from pipeline.store.database import reading
from scoring.firm_list.keeper import are_current, make_current

_log = logging.getLogger(__name__)
LANGUAGE_COOKIE, THEME_COOKIE = "goldseed_language", "goldseed_theme"
_KEY = "goldseed"
_LISTS_LOOKED_AT = "lists_looked_at"


@dataclass(frozen=True)
class App:
    """One dashboard over one database. `readers`: the same engine for questions that each stand by themselves;
    `policies`: callback output -> who may call it; filled by callbacks.py."""

    settings: Settings
    engine: Engine
    readers: Engine = field(init=False)
    policies: dict[str, "people.Action | None"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "readers", reading(self.engine))


def set_app(server: Flask, app: App) -> None:
    """Make this the dashboard of a Flask server."""
    server.extensions[_KEY] = app


def app() -> App:
    """The dashboard that answers this request."""
    current: App = current_app.extensions[_KEY]
    return current


def database() -> Session:
    """A new session on the dashboard's database, whose lists were today's when this request first asked for one:
    `with database() as session, …`."""
    if _LISTS_LOOKED_AT not in g:
        if not are_current(app().readers, today()):
            make_current(app().engine, today())
        setattr(g, _LISTS_LOOKED_AT, True)
    return Session(app().engine)


def looking_up() -> Session:
    """A new session for a question by itself about accounts or rights: no list is needed, and nothing can be changed
    together with anything else."""
    return Session(app().readers)


def person() -> people.Person:
    """Who is asking. Only for requests that the auth guard let through."""
    current: people.Person = current_user.person
    return current


def named_by_proxy() -> str | None:
    """Whom a proxy of ours names as let in, in the header that the settings trust; None where there is no such header.

    One that comes from another address is ignored, and logged without what stands in it.
    """
    trusted = app().settings.trusted_header
    name = "" if trusted is None else (http_request.headers.get(trusted.name) or "").strip()
    if trusted is None or not name:
        return None
    # What sent the request to this server, whatever its X-Forwarded-For says.
    sender = http_request.environ.get("werkzeug.proxy_fix.orig", http_request.environ).get("REMOTE_ADDR") or ""
    try:
        ours = any(ip_address(sender) in ip_network(network) for network in trusted.networks)
    except ValueError:
        ours = False
    if not ours or len(name) > 200 or not name.isprintable():
        _log.warning("%s from %s is ignored", trusted.name, sender[:60])
        return None
    return name


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
