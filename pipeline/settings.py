"""The environment, read once, as frozen settings that are handed down as arguments."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pipeline.city.city_file import City, read_city
from pipeline.city.in_force import set_city, shipped
from pipeline.errors import ShownToPeople
from pipeline.language import CHINESE, ENGLISH, N_, Message

ROOT = Path(__file__).resolve().parent.parent
#: This very machine, with which nobody listens in.
_HERE = ("localhost", "127.0.0.1", "::1")


class WrongSetting(ShownToPeople):
    """An environment variable that cannot be meant."""


@dataclass(frozen=True)
class Mail:
    """The server that takes our e-mail. `security`: starttls, tls or none; whoever does not offer what is asked for is
    sent nothing."""

    host: str
    port: int
    security: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Robot:
    """A robot of a group. `kind`: wecom or dingtalk; `url` holds its key; `secret` signs, DingTalk's."""

    kind: str
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Provider:
    """Where people of the city sign in. `kind`: oidc, wecom or dingtalk; `issuer`: its address, beneath which it all
    stands; `client`, `secret`: who we are to it; `agent`: our application in WeCom; `corp`: the organisation in
    DingTalk whose people may come; `words`: on the button; `claim`: where OpenID Connect says what somebody is, and
    `roles`: value -> role, with a district or department behind a colon, for accounts that are opened by it."""

    kind: str
    issuer: str
    client: str
    secret: str = field(repr=False)
    agent: str | None = None
    corp: str | None = None
    words: str | None = None
    claim: str = "roles"
    roles: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TrustedHeader:
    """A header in which a proxy of ours names who it has let in; `networks`: the proxy's addresses."""

    name: str
    networks: tuple[str, ...]


@dataclass(frozen=True)
class Settings:
    """`secret` None: the dashboard makes one and keeps it beside the database. `https`: it is reached over HTTPS, so
    cookies are Secure and browsers are told to stay there. `zone`: where the city's days begin and end, whatever the
    clock of the server is set to. `proxies`: how many of our own stand before the board, whose X-Forwarded-For is
    believed. `trail_key`: the file of the key that seals the audit log; None: store/trail/key.py says where. `bureau`:
    the office that issues the papers of the pools, None: a blank to be written in; `templates`: a folder with its own
    templates of them. `mail` None: no e-mail is sent; `robots`: groups that are told once a day; `address`: where the
    board is reached, for links in what is sent. `providers`, `trusted_header`: other ways to sign in;
    `bound_passwords`: whether an account that one of them opens can be opened with its password too. `city`: out of its
    file, whose zone and bureau hold unless others are set."""

    root: Path
    db_url: str
    models: Path
    secret: str | None
    language: str
    https: bool = False
    zone: ZoneInfo = field(default_factory=lambda: shipped().zone)
    proxies: int = 0
    trail_key: Path | None = None
    bureau: str | None = None
    templates: Path | None = None
    mail: Mail | None = None
    robots: tuple[Robot, ...] = ()
    address: str | None = None
    providers: tuple[Provider, ...] = ()
    trusted_header: TrustedHeader | None = None
    bound_passwords: bool = True
    city: City = field(default_factory=shipped)

    def today(self) -> date:
        """The city's day now."""
        return self.local(datetime.now(UTC)).date()

    def local(self, at: datetime) -> datetime:
        """An instant on the city's clock; one without a zone is UTC, as the database keeps it."""
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(self.zone)


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from GOLDSEED_DB_URL, GOLDSEED_MODELS, GOLDSEED_SECRET, GOLDSEED_LANG, GOLDSEED_HTTPS (yes or no),
    GOLDSEED_CITY (the file of a city, unset: data/city.yaml), GOLDSEED_TIMEZONE and GOLDSEED_BUREAU (unset: what that
    file says), GOLDSEED_PROXIES (a number), GOLDSEED_TRAIL_KEY (a file), GOLDSEED_TEMPLATES (a folder); for what is
    sent to people GOLDSEED_ADDRESS, GOLDSEED_SMTP_HOST, _PORT, _SECURITY, _SENDER, _USER, _PASSWORD or _PASSWORD_FILE,
    GOLDSEED_WECOM_URL, GOLDSEED_DINGTALK_URL, GOLDSEED_DINGTALK_SECRET; and for the sign-in with the city's accounts
    GOLDSEED_OIDC_*, GOLDSEED_WECOM_SIGN_IN_*, GOLDSEED_DINGTALK_SIGN_IN_*, GOLDSEED_TRUSTED_HEADER, _FROM,
    GOLDSEED_BOUND_PASSWORDS.

    Raises WrongSetting for a database that is neither SQLite nor PostgreSQL, an unknown language or time zone, a number
    of proxies that is none, and what cannot be meant of mail, robots or ways to sign in; WrongCity for a city's file
    that cannot be used.
    """
    given = os.environ if environment is None else environment
    db_url = given.get("GOLDSEED_DB_URL") or f"sqlite:///{ROOT / 'data' / 'goldseed.sqlite'}"
    if db_url.startswith(("postgresql://", "postgres://")):  # psycopg 3, also where the short form is given
        db_url = "postgresql+psycopg://" + db_url.split("://", 1)[1]
    if not db_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise WrongSetting(
            Message(
                N_(
                    "GOLDSEED_DB_URL=%(found)r is not a database this program knows. Write sqlite:///FILE or "
                    "postgresql://USER:PASSWORD@HOST/NAME; unset, it is data/goldseed.sqlite."
                ),
                {"found": db_url},
            )
        )
    language = given.get("GOLDSEED_LANG") or CHINESE
    if not language.lower().startswith(("zh", "en")):
        raise WrongSetting(
            Message(
                N_("GOLDSEED_LANG=%(found)r is not a language of this program. Write zh_CN or en."),
                {"found": language},
            )
        )
    https = given.get("GOLDSEED_HTTPS") or "no"
    if https not in ("yes", "no"):
        text = N_("GOLDSEED_HTTPS=%(found)r is neither yes nor no. Write yes where the board is reached over HTTPS.")
        raise WrongSetting(Message(text, {"found": https}))
    city = _city(Path(file).resolve()) if (file := given.get("GOLDSEED_CITY")) else shipped()
    zone = given.get("GOLDSEED_TIMEZONE") or city.zone.key
    try:
        city_zone = ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        text = N_("GOLDSEED_TIMEZONE=%(found)r is no time zone. Write the city's, e.g. Asia/Shanghai.")
        raise WrongSetting(Message(text, {"found": zone})) from error
    proxies = given.get("GOLDSEED_PROXIES") or "0"
    if proxies not in map(str, range(10)):
        text = N_("GOLDSEED_PROXIES=%(found)r is no number from 0 to 9. Write how many proxies stand before the board.")
        raise WrongSetting(Message(text, {"found": proxies}))
    trail_key = given.get("GOLDSEED_TRAIL_KEY")
    return Settings(
        root=ROOT,
        db_url=db_url,
        models=Path(given.get("GOLDSEED_MODELS") or ROOT / "models"),
        secret=given.get("GOLDSEED_SECRET") or None,
        language=language_asked_for(given),
        https=https == "yes",
        zone=city_zone,
        proxies=int(proxies),
        trail_key=Path(trail_key) if trail_key else None,
        bureau=given.get("GOLDSEED_BUREAU") or city.bureau,
        templates=Path(templates) if (templates := given.get("GOLDSEED_TEMPLATES")) else None,
        mail=_mail(given),
        robots=_robots(given),
        address=_address(given),
        providers=_providers(given),
        trusted_header=_trusted_header(given),
        bound_passwords=_bound_passwords(given),
        city=city,
    )


def language_asked_for(environment: Mapping[str, str]) -> str:
    """The language of GOLDSEED_LANG, Chinese for any that is none of ours: in it a wrong setting is told."""
    return ENGLISH if (environment.get("GOLDSEED_LANG") or "").lower().startswith("en") else CHINESE


def work_for_its_city(settings: Settings) -> None:
    """From now on this process works for the city of the settings, on their clock."""
    set_city(replace(settings.city, zone=settings.zone))


def _city(file: Path) -> City:
    """The file as it stands now: it is read once, until it changes."""
    return _read(file, file.stat().st_mtime_ns if file.exists() else 0)


@lru_cache(maxsize=4)
def _read(file: Path, _changed: int) -> City:
    return read_city(file)


def _mail(given: Mapping[str, str]) -> Mail | None:
    host = given.get("GOLDSEED_SMTP_HOST")
    if not host:
        return None
    security = given.get("GOLDSEED_SMTP_SECURITY") or "starttls"
    if security not in ("starttls", "tls", "none"):
        text = N_("GOLDSEED_SMTP_SECURITY=%(found)r: write starttls (the default), tls or none.")
        raise WrongSetting(Message(text, {"found": security}))
    port = given.get("GOLDSEED_SMTP_PORT") or {"starttls": "587", "tls": "465", "none": "25"}[security]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise WrongSetting(Message(N_("GOLDSEED_SMTP_PORT=%(found)r is no port."), {"found": port}))
    sender = given.get("GOLDSEED_SMTP_SENDER") or ""
    if sender.count("@") != 1 or not sender.isascii() or not sender.isprintable() or " " in sender:
        text = N_(
            "GOLDSEED_SMTP_SENDER=%(found)r is no address. Write the one that e-mail comes from, goldseed@city.cn."
        )
        raise WrongSetting(Message(text, {"found": sender}))
    password = _secret(given, "GOLDSEED_SMTP_PASSWORD")
    user = given.get("GOLDSEED_SMTP_USER") or None
    if user is not None and security == "none" and host not in _HERE:
        text = N_("A password is not sent to %(host)s unencrypted: set GOLDSEED_SMTP_SECURITY to starttls or tls.")
        raise WrongSetting(Message(text, {"host": host}))
    return Mail(host, int(port), security, sender, user, password or None)


def _robots(given: Mapping[str, str]) -> tuple[Robot, ...]:
    """Raises WrongSetting without telling the address, which holds the robot's key."""
    robots = []
    for kind in ("wecom", "dingtalk"):
        name = f"GOLDSEED_{kind.upper()}_URL"
        if url := given.get(name):
            parts = urlsplit(url)
            if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
                text = N_("%(name)s is no https address. Write the whole address that the group's robot was given.")
                raise WrongSetting(Message(text, {"name": name}))
            robots.append(Robot(kind, url, given.get(f"GOLDSEED_{kind.upper()}_SECRET") or None))
    return tuple(robots)


def _address(given: Mapping[str, str]) -> str | None:
    address = given.get("GOLDSEED_ADDRESS")
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or not address.isprintable():
        text = N_(
            "GOLDSEED_ADDRESS=%(found)r is no address. Write where the board is reached, https://goldseed.city.cn."
        )
        raise WrongSetting(Message(text, {"found": address}))
    return address.rstrip("/")


def _secret(given: Mapping[str, str], name: str) -> str | None:
    """A secret, or what stands in the file that NAME_FILE names."""
    file = given.get(f"{name}_FILE")
    if not file:
        return given.get(name) or None
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        text = N_("%(name)s=%(file)s cannot be read: %(why)s.")
        raise WrongSetting(Message(text, {"name": f"{name}_FILE", "file": file, "why": str(error)})) from error


#: What each way to sign in needs beside its secret, and where it is where nothing else is said.
_SIGN_IN = {
    "oidc": ("GOLDSEED_OIDC", ("ISSUER", "CLIENT"), ""),
    "wecom": ("GOLDSEED_WECOM_SIGN_IN", ("CLIENT", "AGENT"), "https://qyapi.weixin.qq.com"),
    "dingtalk": ("GOLDSEED_DINGTALK_SIGN_IN", ("CLIENT", "CORP"), "https://api.dingtalk.com"),
}


def _providers(given: Mapping[str, str]) -> tuple[Provider, ...]:
    """Those of which anything is set; a way to sign in that is half set is a mistake. Tells no secret."""
    found = []
    for kind, (prefix, needed, where) in _SIGN_IN.items():
        said = {name: given.get(f"{prefix}_{name}") for name in ("ISSUER", "CLIENT", "AGENT", "CORP")}
        secret = _secret(given, f"{prefix}_SECRET")
        if not secret and not any(said.values()):
            continue
        lacking = [f"{prefix}_{name}" for name in needed if not said[name]]
        lacking += [] if secret else [f"{prefix}_SECRET"]
        if lacking or not secret:
            text = N_("For this way to sign in these are missing: %(names)s. Without any of them it is off.")
            raise WrongSetting(Message(text, {"names": ", ".join(lacking)}))
        issuer = said["ISSUER"] or where
        parts = urlsplit(issuer)
        if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE)):
            text = N_("%(name)s is no https address. Write the whole address of the provider.")
            raise WrongSetting(Message(text, {"name": f"{prefix}_ISSUER"}))
        words, claim = given.get(f"{prefix}_WORDS") or None, given.get(f"{prefix}_CLAIM") or "roles"
        roles = _roles(given.get(f"{prefix}_ROLES") or "") if kind == "oidc" else ()
        client = said["CLIENT"] or ""
        found.append(
            Provider(kind, issuer.rstrip("/"), client, secret, said["AGENT"], said["CORP"], words, claim, roles)
        )
    return tuple(found)


def _roles(text: str) -> tuple[tuple[str, str], ...]:
    found = []
    for pair in filter(None, (each.strip() for each in text.split(";"))):
        value, equals, role = (part.strip() for part in pair.rpartition("="))
        if not equals or not value or not re.fullmatch(r"[a-z_]+(:[a-z0-9_]+)?", role):
            words = N_("GOLDSEED_OIDC_ROLES: %(found)r is no value=role, e.g. mentors=mentor;tax=department:tax.")
            raise WrongSetting(Message(words, {"found": pair}))
        found.append((value, role))
    return tuple(found)


def _trusted_header(given: Mapping[str, str]) -> TrustedHeader | None:
    name, places = given.get("GOLDSEED_TRUSTED_HEADER"), given.get("GOLDSEED_TRUSTED_HEADER_FROM") or ""
    if not name:
        return None
    networks = [place for place in (each.strip() for each in places.split(",")) if place]
    try:
        narrow = bool(networks) and all(ip_network(place).prefixlen > 0 for place in networks)
    except ValueError:
        narrow = False
    if not narrow or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
        text = N_(
            "GOLDSEED_TRUSTED_HEADER needs the name of a header, and GOLDSEED_TRUSTED_HEADER_FROM the addresses of the "
            "proxy that writes it, e.g. 10.0.0.5,10.0.1.0/24: anybody else could write it too."
        )
        raise WrongSetting(Message(text, {}))
    return TrustedHeader(name, tuple(networks))


def _bound_passwords(given: Mapping[str, str]) -> bool:
    said = given.get("GOLDSEED_BOUND_PASSWORDS") or "yes"
    if said not in ("yes", "no"):
        text = N_(
            "GOLDSEED_BOUND_PASSWORDS=%(found)r is neither yes nor no. Write no where an account of the city's "
            "provider takes the place of the password."
        )
        raise WrongSetting(Message(text, {"found": said}))
    return said == "yes"


def as_environment(settings: Settings) -> dict[str, str]:
    """The variables from which a process of ours reads the same database, models, language, city and zone; the rest of
    the environment it inherits."""
    return {
        "GOLDSEED_DB_URL": settings.db_url,
        "GOLDSEED_MODELS": str(settings.models),
        "GOLDSEED_LANG": settings.language,
        "GOLDSEED_CITY": str(settings.city.file),
        "GOLDSEED_TIMEZONE": settings.zone.key,
    }
