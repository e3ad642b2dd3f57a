"""The environment, read once, as frozen settings that are handed down as arguments."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ShownToPeople
from pipeline.language import CHINESE, ENGLISH, N_, Message

ROOT = Path(__file__).resolve().parent.parent


class WrongSetting(ShownToPeople):
    """An environment variable that cannot be meant."""


@dataclass(frozen=True)
class Settings:
    """`secret` None: the dashboard makes one and keeps it beside the database. `https`: it is reached over HTTPS, so
    cookies are Secure and browsers are told to stay there."""

    root: Path
    db_url: str
    models: Path
    secret: str | None
    language: str
    https: bool = False


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from GOLDSEED_DB_URL, GOLDSEED_MODELS, GOLDSEED_SECRET, GOLDSEED_LANG and GOLDSEED_HTTPS (yes or no).

    Raises WrongSetting for a database that is neither SQLite nor PostgreSQL, or an unknown language.
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
    return Settings(
        root=ROOT,
        db_url=db_url,
        models=Path(given.get("GOLDSEED_MODELS") or ROOT / "models"),
        secret=given.get("GOLDSEED_SECRET") or None,
        language=ENGLISH if language.lower().startswith("en") else CHINESE,
        https=https == "yes",
    )
