"""What comes in: returns and events, imports taken back, column maps, the empty workbook, a firm's facts."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    FILE,
    NEW_FILE,
    Day,
    acting,
    as_json_option,
    as_of_or_today,
    bring_scores_up_to_date,
    by_option,
    cohort_option,
    command,
    database,
    dry_run_option,
    exported,
    files_argument,
    group_of,
    map_option,
    now,
    pairs,
    run_first,
    say,
    show,
    today,
)
from dashboard.components import terms
from dashboard.components.amounts import fact_value
from pipeline import language
from pipeline.atomic_files import write_atomically
from pipeline.catalog import catalog
from pipeline.errors import NotFound, WrongFile
from pipeline.intake.mapping import column_maps
from pipeline.intake.reading.package import name_of
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.wording import number_format

if TYPE_CHECKING:
    from pipeline.derived_facts.told import DerivedFigure

_ROWS_A_NOTICE = 50_000
_WARNINGS_SHOWN = 20
_CHANGES_SHOWN = 50


def _store_each(files: tuple[Path, ...], outcomes: Iterable[Any], as_json: bool) -> None:
    """Tell what becomes of file after file, each stored whole or not at all; exit 3 where one was refused, after all
    were tried. `outcomes`: of each its report, or the WrongFile by which it was refused."""
    results: list[dict[str, Any]] = []
    refused = False
    for file, outcome in zip(files, outcomes, strict=True):
        if isinstance(outcome, WrongFile):
            refused = True
            say(outcome)
            if (not_copied := getattr(outcome, "not_copied", None)) is not None:
                say(not_copied)
            problems = [each.as_json() if hasattr(each, "as_json") else str(each) for each in outcome.problems]
            refusal = getattr(outcome, "refusal", None)
            results.append(
                {
                    "id": None,
                    "file": name_of(file),
                    "state": "refused",
                    "refusal": refusal,
                    "problems": problems,
                    "warnings": [],
                }
            )
            if refusal:
                say(_("`goldseed imports show %(id)s` lists these problems again.", id=refusal))
        else:
            results.append(outcome.as_json())
            for notice in outcome.notices:
                say(notice)
            if not as_json:
                _tell(outcome)
    if as_json:
        show(results[0] if len(results) == 1 else results, True, str)
    if any(result.get("import_id") is not None for result in results):
        bring_scores_up_to_date()
    if refused:
        raise click.exceptions.Exit(WrongFile.exit_code)


def _tell(report: Any) -> None:
    """The report in words: what it corrects, old -> new, and of a dry run also what it would warn of."""
    click.echo(str(report))
    restated = getattr(report, "restated", None)
    if restated is not None:
        for one in restated.changes[:_CHANGES_SHOWN]:
            click.echo(f"  - {one.sheet} {one.cell} {one.firm_name or one.firm_id}: {one.change}")
        if restated.values > _CHANGES_SHOWN:
            click.echo(_("  … and %(count)d more; --json has them.", count=restated.values - _CHANGES_SHOWN))
    if report.dry_run:
        for warning in report.warnings[:_WARNINGS_SHOWN]:
            click.echo(f"  - {warning}")


def _reader(name: str | None) -> Any:
    """Whose view of the imports is asked for; None: everybody's."""
    return None if name is None else acting(name)


def _progress(rows: int, step: str) -> None:
    """A line on stderr for every so many rows of a long file."""
    if rows and rows % _ROWS_A_NOTICE == 0:
        say(_("%(rows)d rows checked …", rows=rows) if step == "check" else _("%(rows)d rows stored …", rows=rows))


@click.command(
    "import",
    help=N_("Store returns (xlsx, csv) through a column map; each file whole or not at all."),
    epilog="goldseed import returns-2024.xlsx --map city",
)
@files_argument
@map_option
@cohort_option(None)
@click.option("--source", metavar="NAME", help=N_("Who states these figures; unless given, as the map says."))
@click.option("--known-on", type=Day(), metavar="DAY", help=N_("The day on which these figures became known."))
@dry_run_option
@click.option(
    "--mended",
    "annotated_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=N_("Write a workbook with problems back here, with the cells to mend marked."),
)
@by_option
@as_json_option
def import_returns(files: tuple[Path, ...], map_name: str, by: str | None, as_json: bool, **options: Any) -> None:
    from pipeline.intake import importing

    engine, day, clerk = database(), today(), acting(by)

    requests = (importing.ImportRequest.of(file, map_name, by=clerk, now=now(), today=day, **options) for file in files)
    _store_each(files, importing.import_each(engine, requests, _progress), as_json)


@click.command(
    "import-events",
    help=N_("Store stage events (share reform, tutoring filed, …, listed)."),
    epilog="goldseed import-events events.csv --map city-events",
)
@files_argument
@map_option
@cohort_option(None)
@dry_run_option
@by_option
@as_json_option
def import_events(files: tuple[Path, ...], map_name: str, by: str | None, as_json: bool, **options: Any) -> None:
    from pipeline.intake import importing

    engine, day, clerk = database(), today(), acting(by)

    def store(file: Path) -> Any:
        request = importing.ImportRequest.of(file, map_name, by=clerk, now=now(), today=day, **options)
        try:
            return importing.import_events(engine, request)
        except WrongFile as refused:
            return refused

    _store_each(files, map(store, files), as_json)


@click.command(
    "import-activities",
    help=N_("Store dated activities of firms (platforms, projects, rounds, loans, recognitions)."),
    epilog="goldseed import-activities activities.xlsx --map city-activities",
)
@files_argument
@map_option
@cohort_option(None)
@click.option(
    "--known-on", type=Day(), metavar="DAY", help=N_("The day on which they became known, where none is said.")
)
@dry_run_option
@click.option(
    "--mended",
    "annotated_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=N_("Write a workbook with problems back here, with the cells to mend marked."),
)
@by_option
@as_json_option
def import_activities(files: tuple[Path, ...], map_name: str, by: str | None, as_json: bool, **options: Any) -> None:
    from pipeline.intake import importing

    engine, day, clerk = database(), today(), acting(by)

    def store(file: Path) -> Any:
        request = importing.ImportRequest.of(file, map_name, by=clerk, now=now(), today=day, **options)
        try:
            return importing.import_activities(engine, request)
        except WrongFile as refused:
            return refused

    _store_each(files, map(store, files), as_json)


@group_of("imports", N_("What came in, when and by whom; take an import back."), "goldseed imports show 3 --json")
@as_json_option
@click.pass_context
def imports(context: click.Context, as_json: bool) -> None:
    run_first(context, list_imports, refused=False, name=None, as_json=as_json)


class ImportNumber(click.ParamType):
    """The number of an import, 3, or of a refused file, R3."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        text = str(value).strip().upper()
        if not text.removeprefix("R").isascii() or not text.removeprefix("R").isdigit():
            self.fail(_("%(found)r is no import. Write its number, e.g. 3, or R3.", found=value), param, ctx)
        return text if text.startswith("R") else int(text)


@command(imports, "list", N_("Every import, the latest first."), "goldseed imports list --json")
@click.option("--all", "refused", is_flag=True, help=N_("Also the files that were refused (R1, R2, …)."))
@click.option("--person", "name", metavar="NAME", help=N_("As this account sees it; everything unless given."))
@as_json_option
def list_imports(refused: bool, name: str | None, as_json: bool) -> None:
    from pipeline.intake.history import imports as store

    def lines(entries: list[Any]) -> list[str]:
        return [f"{entry.id:>5}  {entry.state:<8} {entry.rows:>8}  {entry.file}" for entry in entries]

    show(store.list_imports(database(), refused=refused, person=_reader(name)), as_json, lines)


@command(imports, "show", N_("One import, with its problems and warnings."), "goldseed imports show 3 --json")
@click.argument("number", type=ImportNumber())
@click.option("--person", "name", metavar="NAME", help=N_("As this account sees it; everything unless given."))
@as_json_option
def show_import(number: int | str, name: str | None, as_json: bool) -> None:
    from pipeline.intake.history import imports as store

    def lines(entry: dict[str, Any]) -> list[str]:
        told = {name: value for name, value in entry.items() if name not in ("problems", "warnings")}
        head = pairs({**told, "map": column_maps.title(entry["map"])})
        if entry["problems"]:
            counted = _("%(count)d problem(s)", count=entry["problem_count"])
            return [*head, counted, *[f"  - {each['message']}" for each in entry["problems"]]]
        found = []
        for each in entry["warnings"]:
            found.append(f"  - {each['firm_id']} {each['year'] or ''} {each['message']}")
            if each["settled_why"]:
                found.append(f"      {each['settled_by']}: {each['settled_why']}")
        return [*head, _("%(count)d warning(s)", count=len(entry["warnings"])), *found]

    show(store.details(database(), number, person=_reader(name)), as_json, lambda details: lines(details.as_json()))


@command(imports, "undo", N_("Take back exactly what one import brought."), "goldseed imports undo 3")
@click.argument("number", type=int)
@click.option("--force", is_flag=True, help=N_("Also where later decisions rest on it; needs --why."))
@click.option("--why", metavar="TEXT", help=N_("The reason, kept in the trail."))
@by_option
@as_json_option
def undo_import(number: int, force: bool, why: str | None, by: str | None, as_json: bool) -> None:
    from pipeline.intake.history import imports as store

    undone = store.undo(database(), number, by=acting(by), now=now(), force=force, why=why)
    bring_scores_up_to_date()
    show(undone, as_json, lambda each: pairs(each.as_json()))


@click.command(
    "template",
    help=N_("Write the city's workbook, empty, with notes and drop-down lists."),
    epilog="goldseed template city.xlsx",
)
@click.argument("file", type=NEW_FILE)
@click.option(
    "--map", "map_name", default="city", metavar="NAME", help=N_("Another form; `goldseed maps list` names them.")
)
def template(file: Path, map_name: str) -> None:
    from pipeline.intake.mapping import templates

    templates.write_template(file, language.language(), map_name)
    click.echo(_("%(file)s is written.", file=file))


@group_of("maps", N_("The column maps: which heading of a form means which fact."), "goldseed maps list")
@as_json_option
@click.pass_context
def maps(context: click.Context, as_json: bool) -> None:
    run_first(context, list_maps, as_json=as_json)


@command(maps, "list", N_("Every column map there is."), "goldseed maps list")
@as_json_option
def list_maps(as_json: bool) -> None:
    show(list(column_maps.names()), as_json, lambda names: names)


@command(
    maps,
    "check",
    N_("Which headings of a file a map knows, which are missing, and what near ones may be meant."),
    "goldseed maps check returns.xlsx --map city",
)
@click.argument("file", type=FILE)
@map_option
@as_json_option
def check_map(file: Path, map_name: str, as_json: bool) -> None:
    from pipeline.intake.mapping import map_check

    show(map_check.check(file, map_name), as_json, str)


@click.command(
    "facts",
    help=N_("A firm's facts as known on a day, each with the return that states it, and what follows from them."),
    epilog="goldseed facts neeq:430025 --as-of 2024-05-01",
)
@click.argument("firm")
@as_of_or_today
@as_json_option
def facts(firm: str, as_of: date | None, as_json: bool) -> None:
    from pipeline import facts as known
    from pipeline.derived_facts.told import derived_figures

    day = as_of or today()
    stated = known.statements_of(database(), firm, day).to_dict("records")
    if not stated:
        text = N_("Nobody had stated anything about %(firm)s by %(day)s. Check its id, or ask for a later day.")
        raise NotFound(Message(text, {"firm": firm, "day": day}))

    derived = derived_figures(database(), firm, day)
    show(
        {"firm_id": firm, "as_of": day, "facts": stated, "derived": [each.as_json() for each in derived]},
        as_json,
        lambda _document: [*_facts_in_lines(stated), *_derived_in_lines(derived)],
    )


def _facts_in_lines(stated: list[dict[Any, Any]]) -> list[str]:
    """A line a statement, sums to the fen; the sheets they stand in by number, and their names once, at the end."""
    sheets = list(dict.fromkeys((each["file_name"], each["sheet"]) for each in stated))
    number = {sheet: place for place, sheet in enumerate(sheets, start=1)}
    lines = []
    for each in stated:
        fact, value = catalog()[each["fact"]], each["value"]
        said = number_format.exact_money(value) if fact.type == "money" else fact_value(fact, value)
        where = f"[{number[each['file_name'], each['sheet']]}:{each['sheet_row']}]"
        lines.append(
            f"{'  ' if each['believed'] else '✗ '}{each['year']}  {language.headed(language.pick(fact), said)}  {where}"
        )
    names = [f"[{number[sheet]}] {language.listed(part for part in sheet if part)}" for sheet in sheets]
    return [*lines, _("Stated by ([number:row]):"), *names]


def _derived_in_lines(derived: "Sequence[DerivedFigure]") -> list[str]:
    """A line a figure that nobody stated, with its formula."""
    lines = [_("Derived, for the score alone:")] if derived else []
    for each in derived:
        said = language.headed(language.pick(catalog()[each.fact]), fact_value(catalog()[each.fact], each.value))
        lines.append(f"  {each.year}  {language.in_brackets(said, language.pick(each.formula))}")
    return lines


@group_of("intake", N_("The returns of a year as they come in, and asking for the others."), "goldseed intake progress")
@as_json_option
@click.pass_context
def intake(context: click.Context, as_json: bool) -> None:
    run_first(context, progress, year=None, as_of=None, district=None, state=None, name=None, out=None, as_json=as_json)


year_option = click.option("--year", type=int, metavar="YEAR", help=N_("Whose returns; last year's unless given."))


@command(
    intake,
    "progress",
    N_("Who has handed in, who has mistakes, whom to call; a count a district."),
    "goldseed intake progress --year 2025 --district 440703 --state missing",
)
@year_option
@as_of_or_today
@click.option("--district", metavar="CODE", help=N_("Only firms of this district."))
@click.option("--state", type=click.Choice(["missing", "odd", "clean"]), help=N_("Only firms in this state."))
@click.option("--person", "name", metavar="NAME", help=N_("As this account sees it; everything unless given."))
@click.option("--out", type=NEW_FILE, metavar="FILE", help=N_("Write every firm to this file, .xlsx or .csv."))
@as_json_option
def progress(
    year: int | None,
    as_of: date | None,
    district: str | None,
    state: str | None,
    name: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.collecting.progress import Conditions, all_together, district_lines, firm_lines

    person, on = acting(name), as_of or today()
    chosen = Conditions(year or on.year - 1, on, district, state)
    with Session(database()) as session:
        firms, districts = firm_lines(session, person, chosen), district_lines(session, person, chosen)
        if out is not None:
            _write_progress(session, person, chosen, out)
    document = {
        "year": chosen.year,
        "as_of": on,
        "districts": districts,
        "city": all_together(districts),
        "firms": firms,
    }
    show(document, as_json, lambda _document: _progress_lines(districts, firms))


def _write_progress(session: Any, person: Any, chosen: Any, out: Path) -> None:
    from dashboard.pages.returns_progress.progress_table import as_file

    content = as_file(session, person, chosen, out.suffix.removeprefix(".").lower())
    write_atomically(out, lambda unfinished: unfinished.write_bytes(content))
    exported("returns_progress", out)


def _progress_lines(districts: list[Any], firms: list[Any]) -> list[str]:
    from dashboard.pages.returns_progress.progress_table import share, whom_to_call
    from pipeline.collecting.progress import STATES

    told = [
        _(
            "%(district)s: %(handed_in)s of %(expected)s (%(share)s), %(odd)s with findings",
            district=terms.district(one.district_code) or "–",
            handed_in=one.handed_in,
            expected=one.expected,
            share=share(one.share),
            odd=one.odd,
        )
        for one in districts
    ]
    lines = [
        f"{one.firm_id}  {language.pick(STATES[one.state])}  {one.name or ''}  {whom_to_call(one)}".rstrip()
        for one in firms
    ]
    return [*told, *lines]


@command(
    intake,
    "ask",
    N_("Write to firms whose return is missing; who was asked within seven days is left out."),
    "goldseed intake ask 91440703MA5CA1L08E --year 2025",
)
@click.argument("firms", nargs=-1, required=True)
@year_option
@click.option("--text", metavar="TEXT", help=N_("The words of the message; the usual ones unless given."))
@by_option
@as_json_option
def ask(firms: tuple[str, ...], year: int | None, text: str | None, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.collecting import asking

    person, on = acting(by), today()
    with Session(database()) as session, session.begin():
        found = asking.ask(session, person, year or on.year - 1, firms, text, on=on, now=now())
    show(found, as_json, lambda _found: str(found.message))


@command(intake, "due", N_("Say by when the returns of a year are wanted."), "goldseed intake due 2025 2026-05-15")
@click.argument("year", type=int)
@click.argument("day", type=Day())
@by_option
@as_json_option
def due(year: int, day: date, by: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.collecting import due_days

    with Session(database()) as session, session.begin():
        made = due_days.set_due(session, acting(by), year, day, now=now())
        document = {"year": made.year, "due_on": made.due_on}
    show(document, as_json, pairs)
