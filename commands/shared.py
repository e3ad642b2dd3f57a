"""What every command needs: its options, the database, and how a result is printed."""

import getpass
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.atomic_files import write_atomically
from pipeline.districts import DISTRICTS
from pipeline.errors import NotFound
from pipeline.language import N_, Message, pick
from pipeline.language import gettext as _
from pipeline.settings import Settings, from_environment
from pipeline.tutoring.attachments.file_checks import LARGEST, CheckedFile, checked

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from pipeline.accounts.people import Person
    from pipeline.workers.workers import Workers

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

CITY = "city"


class Day(click.ParamType):
    """A day written YYYY-MM-DD."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(_("%(found)r is not a day. Write YYYY-MM-DD, e.g. 2024-05-01.", found=value), param, ctx)


class Days(click.ParamType):
    """Several days, with commas between."""

    name = "day,day,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[date]:
        if isinstance(value, list):
            return value
        return [Day().convert(part.strip(), param, ctx) for part in value.split(",")]


class DistrictCode(click.ParamType):
    """The code of a district of the city, as its file has it."""

    name = "code"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in DISTRICTS:
            there = "; ".join(f"{code} {pick(district)}" for code, district in DISTRICTS.items())
            self.fail(
                _("%(found)s is no district of the city. There are: %(there)s.", found=value, there=there), param, ctx
            )
        return str(value)


class NewFile(click.Path):
    """A file that a command writes, in a folder that there is."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        file = super().convert(value, param, ctx)
        folder = Path(os.fsdecode(file)).absolute().parent
        if not folder.is_dir():
            self.fail(_("There is no folder %(folder)s. Make it first, or name another.", folder=folder), param, ctx)
        if not os.access(file if os.path.exists(file) else folder, os.W_OK):
            self.fail(_("%(file)s may not be written by you. Name another place.", file=file), param, ctx)
        return file


class SchedulerAddress(click.ParamType):
    """Where a Dask scheduler listens."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"(tcp|tls)://[^\s/:@]+:\d{1,5}", value):
            self.fail(
                _("%(found)r is no address of a scheduler. Write tcp://HOST:PORT, as it says itself.", found=value),
                param,
                ctx,
            )
        return str(value)


# --- options that several commands share ---

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW_FILE = NewFile()

_KNOWN = N_("Only what was known on this day is read.")
_KNOWN_TODAY = N_("Only what was known on this day is read; today unless given.")

as_json_option = click.option(
    "--json", "as_json", is_flag=True, help=N_("Print one JSON document on stdout and nothing else.")
)
as_of_option = click.option("--as-of", type=Day(), required=True, metavar="DAY", help=_KNOWN)
as_of_or_today = click.option("--as-of", type=Day(), metavar="DAY", help=_KNOWN_TODAY)
files_argument = click.argument("files", nargs=-1, required=True, type=FILE)
map_option = click.option(
    "--map",
    "map_name",
    required=True,
    metavar="NAME",
    help=N_("Which headings mean which facts; `goldseed maps list` names them."),
)
dry_run_option = click.option("--dry-run", is_flag=True, help=N_("Only say what would be stored."))
why_option = click.option("--why", required=True, metavar="TEXT", help=N_("The reason, kept in the trail."))
model_option = click.option(
    "--model", "model_id", metavar="ID", help=N_("The model; unless given the champion, or else the latest.")
)
by_option = click.option(
    "--by", "by", metavar="NAME", help=N_("In the name of this account, as far as it may; all of it unless given.")
)
seed_option = click.option(
    "--seed", default=0, show_default=True, help=N_("The same seed and data give the same figures, byte for byte.")
)
cohorts_option = click.option(
    "--cohort", "cohorts", multiple=True, metavar="NAME", help=N_("A cohort to learn from; may be given several times.")
)
scheduler_option = click.option(
    "--scheduler",
    type=SchedulerAddress(),
    metavar="tcp://HOST:PORT",
    help=N_("A Dask scheduler whose workers share the work; unless given, this machine does all of it."),
)
event_option = click.option("--event", default="listed", show_default=True, help=N_("The stage event to foresee."))


def within_option(months: int) -> Decorator:
    return click.option(
        "--within",
        default=months,
        show_default=True,
        type=click.IntRange(1, 120),
        help=N_("Months after the scoring date."),
    )


def cohort_option(default: str | None = CITY) -> Decorator:
    return click.option(
        "--cohort", default=default, metavar="NAME", help=N_("The cohort; the city's firms unless given.")
    )


def out_option(name: str = "--out") -> Decorator:
    return click.option(name, "out", type=NEW_FILE, metavar="OUT.csv", help=N_("Write every row to this file."))


def command(group: click.Group, name: str, about: str, example: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command of the group; its help is translated later and ends with an example."""
    return group.command(name, help=about, epilog=example)


def group_of(name: str, about: str, example: str) -> Callable[[Callable[..., Any]], click.Group]:
    """A group whose first command runs where none is named."""
    return click.group(name, help=about, epilog=example, invoke_without_command=True)


def run_first(context: click.Context, first: click.Command, **values: Any) -> None:
    if context.invoked_subcommand is None:
        context.invoke(first, **values)


# --- what a command works with ---


def now() -> datetime:
    """This instant in UTC, without a zone, as the database keeps it."""
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def today() -> date:
    """The city's day."""
    return settings().today()


def somebody() -> str:
    """Who sits at this command line, for the records."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user name
        return str(os.getuid())


def console() -> "Person":
    """The person that a command acts as: whoever sits there, who may do everything."""
    from pipeline.accounts import people

    return people.console(somebody())


def acting(name: str | None) -> "Person":
    """The person that a command acts as: of this account, or whoever sits there."""
    from sqlalchemy.orm import Session

    from pipeline.accounts import people

    if name is None:
        return console()
    with Session(database()) as session:
        account = people.named(session, name)
        if account is None or account.disabled:
            text = N_("There is no account named %(name)s. `goldseed people list` shows all.")
            raise NotFound(Message(text, {"name": name}))
        return people.person_from(account)


def settings() -> Settings:
    return click.get_current_context().find_object(Settings) or from_environment()


def database() -> "Engine":
    """The database, whose lists stay true of whatever a command changes; this host has the forms kept in it."""
    from dashboard import kept_forms
    from pipeline.store.database import open_database
    from scoring.firm_list.keeper import keep_lists

    engine = keep_lists(open_database(settings().db_url), settings().today)
    kept_forms.bring(engine)
    return engine


@contextmanager
def workers_at(scheduler: str | None) -> "Iterator[Workers | None]":
    """Who does the parts of a command: the workers of a scheduler, else of many firms a process for each core; None:
    this process."""
    if scheduler is None:
        from pipeline.workers.alongside import processes_for

        with processes_for(database()) as processes:
            yield processes
        return
    from pipeline.workers.dask_workers import dask_workers

    with dask_workers(scheduler, database()) as workers:
        yield workers


def bring_scores_up_to_date() -> None:
    """Score anew the firms about which something came in or was taken back, and say so."""
    from scoring.scores.touched_scores import bring_up_to_date, in_words

    for message in in_words(bring_up_to_date(database(), settings().models, now=now(), by=somebody())):
        say(message)


def exported(what: str, file: Path, *, firm: str | None = None, rows: int | None = None) -> None:
    """The entry in the audit log of a file written with firms' data."""
    from sqlalchemy.orm import Session

    from pipeline.accounts import audit, people

    with Session(database()) as session, session.begin():
        audit.record_export(session, people.console(somebody()), what, now(), file=file.name, firm_id=firm, rows=rows)


def hand_out(out: Path, content: bytes, name: str, what: str) -> None:
    """Write a file that somebody attached to where it was asked for, whole or not at all; the trail has that it left
    the program (as `what`)."""
    write_atomically(out, lambda unfinished: unfinished.write_bytes(content))
    exported(what, out)
    click.echo(_("%(file)s: %(name)s, %(count)s bytes.", file=out, name=name, count=len(content)))


def files_to_attach(files: Sequence[Path]) -> list[CheckedFile]:
    """Files that somebody attaches, looked through. Raises AttachmentRefused, which says what was found."""
    good = []
    for file in files:
        with file.open("rb") as stream:
            # One byte more is enough to know that it is too large.
            good.append(checked(file.name, stream.read(LARGEST + 1)))
    return good


# --- how a result is printed ---


def say(text: object) -> None:
    """Progress and notices go to stderr, so that stdout holds the result alone."""
    click.echo(str(text), err=True)


def show(result: Any, as_json: bool, text: Callable[[Any], str | Iterable[str]]) -> None:
    """Print the result: one JSON document, or the text for people."""
    if as_json:
        click.echo(json.dumps(known_to_json(result), ensure_ascii=False, allow_nan=False))
        return
    lines = text(result)
    click.echo(lines if isinstance(lines, str) else "\n".join(lines))


def pairs(result: dict[str, Any]) -> list[str]:
    """`name: value`, a line each."""
    return [f"{name}: {value}" for name, value in result.items()]


def known_to_json(value: Any) -> Any:
    """Days, paths, messages and numpy's numbers as JSON knows them; what is not known (NaN, NaT) is null."""
    if isinstance(value, dict):
        return {str(key): known_to_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set):
        return [known_to_json(each) for each in value]
    if hasattr(value, "as_json"):
        return known_to_json(value.as_json())
    if hasattr(value, "item"):
        value = value.item()
    if is_dataclass(value) and type(value).__str__ is object.__str__:  # a Message says itself what it is
        return known_to_json({each.name: getattr(value, each.name) for each in fields(value)})
    if value is None or value != value or (isinstance(value, float) and value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
