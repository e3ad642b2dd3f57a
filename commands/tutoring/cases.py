"""Tutoring on the command line: cases, their stages, visits and next steps; all that the board can do."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    Day,
    as_json_option,
    command,
    console,
    database,
    group_of,
    known_to_json,
    now,
    run_first,
    show,
    today,
    why_option,
)
from commands.tutoring.names import account_id
from pipeline import language
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.tutoring.gates import ADVISER_KINDS
from pipeline.tutoring.stages import EVENTS, EXITS, STAGES, times_typical

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.store.tables import Case
    from pipeline.tutoring.cases import CaseLine, Move

_ADVISER_HELP = {
    "broker": N_("The broker that it has signed with."),
    "law_firm": N_("The law firm that it has signed with."),
    "auditor": N_("The auditor that it has signed with."),
    "valuer": N_("The valuer that it has signed with."),
}
firm_argument = click.argument("firm", metavar="FIRM")
on_option = click.option(
    "--on", type=Day(), metavar="DAY", help=N_("The day on which it happened; today unless given.")
)
stage_option = click.option(
    "--stage", required=True, type=click.Choice(sorted(STAGES)), help=N_("The stage that was reached.")
)


def advisers_options(call: Callable[..., Any]) -> Callable[..., Any]:
    """--broker, --law-firm, --auditor, --valuer, as one dictionary `advisers`."""

    @wraps(call)
    def with_advisers(**values: Any) -> Any:
        return call(advisers={kind: values.pop(kind) for kind in ADVISER_KINDS}, **values)

    for kind in reversed(list(ADVISER_KINDS)):
        option = f"--{kind.replace('_', '-')}"
        with_advisers = click.option(option, kind, metavar="NAME", help=_ADVISER_HELP[kind])(with_advisers)
    return with_advisers


waive_option = click.option(
    "--waive", metavar="TEXT", help=N_("Why the firm may enter the stage without what it needs; kept with the entry.")
)


@group_of(
    "cases",
    N_("Tutoring cases: stages, mentors, visits and next steps; what is recorded wrongly is corrected or taken back."),
    "goldseed cases list",
)
@as_json_option
@click.pass_context
def cases(context: click.Context, as_json: bool) -> None:
    run_first(context, list_cases, stage=None, otherwise=False, as_json=as_json)


# --- what is known ---------------------------------------------------------------------------------------------


@command(cases, "list", N_("The open cases, those longest in their stage first."), "goldseed cases list --json")
@click.option("--stage", type=click.Choice(sorted(STAGES)), help=N_("Only the cases in this stage."))
@click.option("--otherwise", is_flag=True, help=N_("Only the cases that stand elsewhere than their firm's events say."))
@as_json_option
def list_cases(stage: str | None, otherwise: bool, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session:
        listed = [
            _case(line)
            for line in tutoring.open_cases(session, console(), today())
            if stage in (None, line.case.stage) and not (otherwise and line.says_otherwise is None)
        ]
    show(listed, as_json, lambda entries: [_case_text(each) for each in entries] or [_("No case is open.")])


@command(
    cases,
    "show",
    N_("Every case of a firm with the stages as they were recorded, those taken back among them."),
    "goldseed cases show 91XXXXXXMA5CA1L08E",
)
@firm_argument
@as_json_option
def show_cases(firm: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring
    from pipeline.tutoring.mentors import leaders

    with Session(database()) as session:
        listed = [
            {
                **_case(line),
                "leaders": known_to_json(list(leaders.leaders_of(session, [line.case.id])[line.case.id].values())),
                "stages": [_move(each) for each in tutoring.moves(session, console(), line.case.id, today())],
            }
            for line in tutoring.cases_of(session, console(), firm, today())
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        found = []
        for each in entries:
            found.append(_case_text(each))
            for one in each["leaders"]:
                found.append(f"    {language.pick(leaders.LEVELS[one['level']])}  {one['name']}  {one['post'] or ''}")
            for entry in each["stages"]:
                back = f"  ✗ {entry['taken_back_by']}: {entry['taken_back_why']}" if entry["taken_back_by"] else ""
                text = f"    {entry['on']}  {language.pick(STAGES[entry['stage']])}  {entry['by']}{back}"
                if entry["days"] is not None:
                    text += "  " + _("%(count)s days", count=entry["days"])
                if entry["back_by"]:
                    text += f"  ← {language.pick(EXITS[entry['back_by']])}"
                found.append(text + (f": {entry['why']}" if entry["why"] else ""))
        return found or [_("This firm has had no tutoring case.")]

    show(listed, as_json, lines)


@command(
    cases, "mentors", N_("The accounts that can look after cases, and how much each has."), "goldseed cases mentors"
)
@as_json_option
def list_mentors(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.mentors.workloads import workloads

    with Session(database()) as session:
        listed = [
            {"name": each.name, "cases": each.cases, "leads": each.leads, "to_do": each.open_steps}
            for each in workloads(session, console(), today())
        ]

    def lines(rows: list[dict[str, Any]]) -> list[str]:
        more = _("as a leader %(leads)s, to do %(to_do)s")
        return [f"{each['cases']:>5}  {each['name'] or _('nobody yet')}  {more % each}" for each in rows]

    show(listed, as_json, lines)


# --- what changes a case ---------------------------------------------------------------------------------------


@command(cases, "open", N_("Open a case for a firm that has none."), "goldseed cases open 91XXXXXXMA5CA1L08E")
@firm_argument
@on_option
@as_json_option
def open_case(firm: str, on: date | None, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    change_case(
        firm,
        as_json,
        lambda session, _case: tutoring.open_case(session, console(), firm, on or today(), now=now()),
        needs_case=False,
    )


@command(
    cases,
    "move",
    N_("The firm has reached a stage."),
    "goldseed cases move 91XXXXXXMA5CA1L08E --stage share_reform --on 2024-05-01",
)
@firm_argument
@stage_option
@on_option
@advisers_options
@waive_option
@as_json_option
def move(
    firm: str, stage: str, on: date | None, advisers: dict[str, str | None], waive: str | None, as_json: bool
) -> None:
    from pipeline.tutoring import cases as tutoring

    change_case(
        firm,
        as_json,
        lambda session, case: tutoring.change_stage(
            session, console(), case.id, stage, on or today(), now=now(), advisers=advisers, waive=waive
        ),
    )


@command(
    cases,
    "correct",
    N_("The stage recorded last was another, or reached on another day."),
    'goldseed cases correct 91XXXXXXMA5CA1L08E --stage share_reform --on 2024-05-02 --why "wrong day"',
)
@firm_argument
@stage_option
@on_option
@advisers_options
@waive_option
@why_option
@as_json_option
def correct(
    firm: str,
    stage: str,
    on: date | None,
    advisers: dict[str, str | None],
    waive: str | None,
    why: str,
    as_json: bool,
) -> None:
    from pipeline.tutoring import cases as tutoring

    given = {kind: name for kind, name in advisers.items() if name}
    change_case(
        firm,
        as_json,
        lambda session, case: tutoring.correct_stage(
            session, console(), case.id, stage, on or today(), why, now=now(), advisers=given, waive=waive
        ),
    )


@command(
    cases,
    "catch-up",
    N_("Move the open cases along to the stages that files have stated."),
    "goldseed cases catch-up",
)
@as_json_option
def catch_up(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session, session.begin():
        moved = {case.id for case in tutoring.catch_up(session, console(), today(), now=now())}
        session.flush()
        listed = [_case(line) for line in tutoring.open_cases(session, console(), today()) if line.case.id in moved]
    show(listed, as_json, lambda rows: [_case_text(each) for each in rows] or [_("No case had to be moved.")])


@command(
    cases,
    "close",
    N_("Close a case by a way out of its stage."),
    'goldseed cases close 91XXXXXXMA5CA1L08E --outcome tutoring_terminated --why "changes its sponsor"',
)
@firm_argument
@click.option("--outcome", required=True, type=click.Choice(sorted(EXITS)), help=N_("How the case ends."))
@on_option
@why_option
@as_json_option
def close(firm: str, outcome: str, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    change_case(
        firm,
        as_json,
        lambda session, case: tutoring.close_case(session, console(), case.id, outcome, why, on or today(), now=now()),
    )


@command(
    cases,
    "take-back",
    N_("Take back what was recorded last by mistake: the stage, or the end of the case."),
    'goldseed cases take-back 91XXXXXXMA5CA1L08E --why "wrong firm"',
)
@firm_argument
@why_option
@as_json_option
def take_back(firm: str, why: str, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    change_case(firm, as_json, lambda session, case: tutoring.take_back(session, console(), case.id, why, now=now()))


@command(
    cases,
    "mentor",
    N_("Name the account that looks after a case; without --to nobody for the present."),
    'goldseed cases mentor 91XXXXXXMA5CA1L08E --to "Li Lei"',
)
@firm_argument
@click.option("--to", "name", metavar="NAME", help=N_("The account."))
@as_json_option
def mentor(firm: str, name: str | None, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    def assign(session: "Session", case: "Case") -> "Case":
        return tutoring.assign_mentor(session, console(), case.id, account_id(session, name), now=now())

    change_case(firm, as_json, assign)


@command(
    cases,
    "leader",
    N_("Name who of the city, the county or the town stands by a firm; without --to and --name nobody any more."),
    'goldseed cases leader 91XXXXXXMA5CA1L08E --level city --name "Zhang Hua" --post "vice-mayor"',
)
@firm_argument
@click.option("--level", required=True, metavar="LEVEL", help=N_("city, county or town."))
@click.option("--to", "account", metavar="NAME", help=N_("The account."))
@click.option("--name", metavar="NAME", help=N_("Somebody without an account."))
@click.option("--post", metavar="TEXT", help=N_("Their post."))
@click.option("--why", metavar="TEXT", help=N_("The reason, kept with whom it replaces."))
@as_json_option
def leader(
    firm: str, level: str, account: str | None, name: str | None, post: str | None, why: str | None, as_json: bool
) -> None:
    from pipeline.tutoring.mentors import leaders

    def stand(session: "Session", case: "Case") -> "Case":
        number = account_id(session, account)
        leaders.name_leader(
            session, console(), case.id, level, account_id=number, name=name, post=post, why=why, now=now()
        )
        return case

    change_case(firm, as_json, stand)


@command(
    cases,
    "assign",
    N_("Name the account that looks after several cases, or let the program propose one for each; one reason for all."),
    'goldseed cases assign --without --propose --why "by district"',
)
@click.argument("firms", nargs=-1, metavar="[FIRM]...")
@click.option("--without", is_flag=True, help=N_("The cases that nobody looks after."))
@click.option("--of", "of_name", metavar="NAME", help=N_("The cases that this account looks after."))
@click.option("--to", "name", metavar="NAME", help=N_("The account."))
@click.option("--level", metavar="LEVEL", help=N_("As a leader: city, county or town."))
@click.option("--propose", is_flag=True, help=N_("Somebody for each, so that all have about as many."))
@click.option("--dry-run", is_flag=True, help=N_("Only tell who it would be."))
@why_option
@as_json_option
def assign(
    firms: tuple[str, ...],
    without: bool,
    of_name: str | None,
    name: str | None,
    level: str | None,
    propose: bool,
    dry_run: bool,
    why: str,
    as_json: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring
    from pipeline.tutoring import many_cases
    from pipeline.tutoring.mentoring import mentors
    from pipeline.tutoring.mentors.workloads import proposed_mentors

    if (name is None) == (not propose):
        raise click.UsageError(_("Say which it is: --to NAME or --propose."))
    if level and propose:
        raise click.UsageError(_("Leaders are named, not proposed: give --to NAME."))
    if not (firms or without or of_name):
        raise click.UsageError(_("Name the firms, or give --without or --of NAME."))
    with Session(database()) as session, session.begin():
        lines = {
            line.case.id: line
            for line in tutoring.open_cases(session, console(), today())
            if line.firm_id in firms or (without and line.mentor is None) or (of_name and line.mentor == of_name)
        }
        if unknown := set(firms) - {line.firm_id for line in lines.values()}:
            raise NotFound(Message(N_("%(firms)s: no open case."), {"firms": sorted(unknown)}))
        wanted: dict[int, int | None]
        if propose:
            proposed = proposed_mentors(session, console(), list(lines))
            wanted = {number: account.id for number, account in proposed.items()}
        else:
            wanted = dict.fromkeys(lines, account_id(session, name))
        names = {account.id: account.name for account in mentors(session)}
        left: list[tuple[int, Any]] = []
        if not dry_run and level:
            number = account_id(session, name)
            told = many_cases.name_leaders(session, console(), list(lines), level, why, account_id=number, now=now())
            left = list(told.left)
        elif not dry_run:
            left = list(many_cases.assign_mentors(session, console(), wanted, why, now=now()).left)
        refused = {number: str(error) for number, error in left}
        document = [
            {
                "case": number,
                "firm_id": line.firm_id,
                "mentor": names.get(wanted[number] or 0) if number in wanted else None,
                "before": line.mentor,
                "not_done": refused.get(number),
            }
            for number, line in lines.items()
        ]

    def lines_of(entries: list[dict[str, Any]]) -> list[str]:
        nobody = _("nobody yet")
        text = [f"{each['firm_id']:<20} {each['before'] or nobody} → {each['mentor'] or nobody}" for each in entries]
        more = [f"  {each['not_done']}" if each["not_done"] else "" for each in entries]
        return [line + said for line, said in zip(text, more, strict=True)] or [_("No case is open.")]

    show(document, as_json, lines_of)


# --- within ----------------------------------------------------------------------------------------------------


def change_case(
    firm: str, as_json: bool, change: Callable[["Session", Any], "Case"], *, needs_case: bool = True
) -> None:
    """Make a change to the firm's open case, or to its latest where none is open, and print the case as it is then."""
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session, session.begin():
        lines = tutoring.cases_of(session, console(), firm, today())
        lines.sort(key=lambda line: line.case.closed_on is not None)
        if needs_case and not lines:
            raise NotFound(Message(N_("The firm %(firm)s has no tutoring case."), {"firm": firm}))
        changed = change(session, lines[0].case if lines else None)
        session.flush()
        line = next(one for one in tutoring.cases_of(session, console(), firm, today()) if one.case.id == changed.id)
        document = _case(line)
    show(document, as_json, _case_text)


def _move(each: "Move") -> dict[str, Any]:
    entry = each.entry
    return {
        "stage": entry.stage,
        "from": each.before,
        "on": entry.entered_on,
        "days": each.days,
        "by": entry.recorded_by,
        "back_by": entry.back_by,
        "lacked": entry.lacked or [],
        "why": entry.why,
        "taken_back_by": entry.taken_back_by,
        "taken_back_why": entry.taken_back_why,
    }


def _case(line: "CaseLine") -> dict[str, Any]:
    case, stated = line.case, line.says_otherwise
    return {
        "id": case.id,
        "firm_id": line.firm_id,
        "firm": line.firm_name,
        "stage": case.stage,
        "since": case.stage_since,
        "days_in_stage": line.days_in_stage,
        "times_typical": round(times_typical(case.stage, line.days_in_stage), 2),
        "mentor": line.mentor,
        "opened_on": case.opened_on,
        "closed_on": case.closed_on,
        "outcome": case.outcome,
        "why": case.closed_why,
        "events_say": None
        if stated is None
        else {"stage": stated.stage, "way_out": stated.way_out.kind if stated.way_out else None},
        "on_negative_list": [
            {"adviser": each.adviser_id, "kind": each.kind, "name": each.name, "until_before": each.ends_on}
            for each in line.on_list
        ],
    }


def _case_text(each: dict[str, Any]) -> str:
    from pipeline.tutoring import cases as tutoring

    text = f"{each['id']:>5}  {each['firm_id']:<20} {language.pick(STAGES[each['stage']])} {each['since']}"
    text += f"  {each['mentor'] or ''}  {each['firm'] or ''}"
    if each["closed_on"]:
        text += f"  {each['closed_on']} {language.pick(tutoring.outcome_label(each['outcome']))}: {each['why'] or ''}"
    if each["events_say"]:
        said = each["events_say"]
        stated = EVENTS[said["way_out"]] if said["way_out"] else STAGES[said["stage"]]
        text += "  ! " + _("the events say: %(stage)s", stage=language.pick(stated))
    for one in each["on_negative_list"]:
        text += "  ! " + _(
            "on the negative list until before %(day)s: %(name)s", day=one["until_before"], name=one["name"]
        )
    return text
