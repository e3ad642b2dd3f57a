"""The register of advisers on the command line: filings, evaluations, the negative list, spot checks."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import (
    Day,
    as_json_option,
    as_of_or_today,
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
from commands.tutoring.cases import on_option
from pipeline import language
from pipeline.advisers.kinds import AUTHORITIES, BEST, CRITERIA, RESULTS, STRATA, SUBJECTS, WORST
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.tutoring.gates import REGISTER_KINDS, kind_name

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.advisers.adviser_lists import AdviserLine
    from pipeline.advisers.differences import Rate

_adviser = click.argument("adviser", type=int, metavar="ADVISER")
_entry = click.argument("entry", type=int, metavar="ENTRY")
_evaluation = click.argument("evaluation", type=int, metavar="EVALUATION")
_filing = click.argument("filing", type=int, metavar="FILING")
_code = click.option("--code", metavar="CODE", help=N_("Its unified social credit code."))
_GRADE = click.IntRange(WORST, BEST)
_GRADE_HELP = {
    "competence": N_("Competence, from 1 (poor) to 5 (very good)."),
    "diligence": N_("Diligence, from 1 (poor) to 5 (very good)."),
    "promptness": N_("Promptness, from 1 (poor) to 5 (very good)."),
}


def _grades(call: Callable[..., Any]) -> Callable[..., Any]:
    """--competence, --diligence, --promptness."""
    for name in reversed(list(CRITERIA)):
        call = click.option(f"--{name}", name, required=True, type=_GRADE, help=_GRADE_HELP[name])(call)
    return call


def _filing_options(call: Callable[..., Any]) -> Callable[..., Any]:
    """--with, --number, --filed-on, --until."""
    for option in (
        click.option("--until", type=Day(), metavar="DAY", help=N_("Its last day, where it has one.")),
        click.option("--filed-on", required=True, type=Day(), metavar="DAY", help=N_("The day of the filing.")),
        click.option("--number", required=True, metavar="TEXT", help=N_("The number of the filing.")),
        click.option(
            "--with", "authority", required=True, type=click.Choice(list(AUTHORITIES)), help=N_("Where it was filed.")
        ),
    ):
        call = option(call)
    return call


@group_of(
    "advisers",
    N_("The register of advisers: filings, firms served, evaluations, differences, negative list, spot checks."),
    "goldseed advisers list",
)
@as_json_option
@click.pass_context
def advisers(context: click.Context, as_json: bool) -> None:
    run_first(context, list_advisers, as_json=as_json)


# --- what is known ---------------------------------------------------------------------------------------------


@command(advisers, "list", N_("The register on a day, side by side."), "goldseed advisers list --kind auditor --json")
@click.option("--kind", type=click.Choice(list(REGISTER_KINDS)), help=N_("Only advisers of this kind."))
@click.option("--listed", is_flag=True, help=N_("Only those on the negative list."))
@as_of_or_today
@as_json_option
def list_advisers(
    kind: str | None = None, listed: bool = False, as_of: date | None = None, as_json: bool = False
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.advisers import adviser_lists

    with Session(database()) as session:
        lines = adviser_lists.advisers(session, console(), as_of or today(), kind=kind, listed_only=listed)
    found = [known_to_json(line) for line in lines]
    show(found, as_json, lambda _found: [_line_text(line) for line in lines] or [_("No adviser is like this.")])


@command(advisers, "show", N_("Everything about one adviser."), "goldseed advisers show 12")
@_adviser
@as_of_or_today
@as_json_option
def show_adviser(adviser: int, as_of: date | None, as_json: bool) -> None:
    _show(adviser, as_of or today(), as_json)


@command(
    advisers,
    "unregistered",
    N_("Who is named by returns and is not in the register, with how many firms."),
    "goldseed advisers unregistered",
)
@as_of_or_today
@as_json_option
def list_unregistered(as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.advisers.differences import unregistered

    with Session(database()) as session:
        found = unregistered(session, console(), as_of or today())
    listed = [{"name": name, "firms": count} for name, count in found.items()]
    show(listed, as_json, lambda rows: [f"{each['firms']:>5}  {each['name']}" for each in rows] or [_("none")])


@command(
    advisers,
    "flagged",
    N_("The open cases whose firm an adviser of the negative list advises."),
    "goldseed advisers flagged --json",
)
@as_of_or_today
@as_json_option
def list_flagged(as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.negative_list.listed import flagged

    with Session(database()) as session:
        flags = flagged(session, console(), as_of or today())
    found = [{"firm_id": firm, **known_to_json(each)} for firm, listed in flags.items() for each in listed]

    def lines(_found: Any) -> list[str]:
        return [f"{firm:<20} {each.message}" for firm, listed in flags.items() for each in listed] or [
            _("No open case has an adviser of the negative list.")
        ]

    show(found, as_json, lines)


# --- the register ----------------------------------------------------------------------------------------------


@command(
    advisers,
    "register",
    N_("Enter an adviser in the register."),
    'goldseed advisers register --kind agency --name "Chenli Consulting"',
)
@click.option("--kind", required=True, type=click.Choice(list(REGISTER_KINDS)), help=N_("What kind of adviser it is."))
@click.option("--name", required=True, metavar="NAME", help=N_("Its name."))
@_code
@as_json_option
def register_adviser(kind: str, name: str, code: str | None, as_json: bool) -> None:
    from pipeline.advisers import register

    _change(as_json, lambda session: register.register(session, console(), kind, name, code, now=now()).id)


@command(
    advisers,
    "correct",
    N_("Another name or code; an empty code is taken away."),
    'goldseed advisers correct 12 --name "GF Securities" --why "renamed"',
)
@_adviser
@click.option("--name", metavar="NAME", help=N_("Its name."))
@_code
@why_option
@as_json_option
def correct_adviser(adviser: int, name: str | None, code: str | None, why: str, as_json: bool) -> None:
    from pipeline.advisers import register

    _change(
        as_json,
        lambda session: register.correct(session, console(), adviser, why, name=name, credit_code=code, now=now()).id,
    )


@command(
    advisers,
    "merge",
    N_("The first is another spelling of the second. It is refused in doubt, for it is not undone."),
    'goldseed advisers merge 13 12 --why "the same firm"',
)
@click.argument("wrong", type=int, metavar="WRONG")
@click.argument("right", type=int, metavar="RIGHT")
@why_option
@as_json_option
def merge_advisers(wrong: int, right: int, why: str, as_json: bool) -> None:
    from pipeline.advisers import register

    _change(as_json, lambda session: register.merge(session, console(), wrong, right, why, now=now()).id)


@command(
    advisers,
    "file",
    N_("Keep a filing of an adviser with an authority."),
    "goldseed advisers file 12 --with mof --number 2024-17 --filed-on 2024-03-01",
)
@_adviser
@_filing_options
@as_json_option
def file_adviser(adviser: int, authority: str, number: str, filed_on: date, until: date | None, as_json: bool) -> None:
    from pipeline.advisers import register

    filing = register.Filing(authority, number, filed_on, until)
    _change(as_json, lambda session: register.file(session, console(), adviser, filing, now=now()).adviser_id)


@command(
    advisers,
    "correct-filing",
    N_("A filing was another one."),
    'goldseed advisers correct-filing 3 --with csrc --number 17 --filed-on 2024-03-01 --why "wrong number"',
)
@_filing
@_filing_options
@why_option
@as_json_option
def correct_filing(
    filing: int, authority: str, number: str, filed_on: date, until: date | None, why: str, as_json: bool
) -> None:
    from pipeline.advisers import register

    right = register.Filing(authority, number, filed_on, until)
    _change(
        as_json,
        lambda session: register.correct_filing(session, console(), filing, right, why, now=now()).adviser_id,
    )


@command(
    advisers,
    "withdraw-filing",
    N_("A filing was recorded by mistake."),
    'goldseed advisers withdraw-filing 3 --why "of another firm"',
)
@_filing
@why_option
@as_json_option
def withdraw_filing(filing: int, why: str, as_json: bool) -> None:
    from pipeline.advisers import register

    _change(as_json, lambda session: register.withdraw_filing(session, console(), filing, why, now=now()).id)


# --- evaluations -----------------------------------------------------------------------------------------------


@command(
    advisers,
    "evaluate",
    N_("Evaluate the work of an adviser for a firm in a year."),
    "goldseed advisers evaluate 12 91XXXXXXMA5CA1L08E --year 2024 --competence 4 --diligence 5 --promptness 3",
)
@_adviser
@click.argument("firm", metavar="FIRM")
@click.option("--year", required=True, type=int, help=N_("The year of the work."))
@_grades
@click.option("--note", metavar="TEXT", help=N_("What is to be kept with it."))
@on_option
@as_json_option
def evaluate(
    adviser: int, firm: str, year: int, note: str | None, on: date | None, as_json: bool, **grades: int
) -> None:
    from pipeline.advisers import evaluations

    _change(
        as_json,
        lambda session: (
            evaluations.evaluate(
                session, console(), adviser, firm, year, grades, note, on or today(), now=now()
            ).adviser_id
        ),
    )


@command(
    advisers,
    "correct-evaluation",
    N_("An evaluation was another one."),
    'goldseed advisers correct-evaluation 5 --competence 3 --diligence 3 --promptness 3 --why "slip"',
)
@_evaluation
@_grades
@click.option("--note", metavar="TEXT", help=N_("What is to be kept with it."))
@on_option
@why_option
@as_json_option
def correct_evaluation(
    evaluation: int, note: str | None, on: date | None, why: str, as_json: bool, **grades: int
) -> None:
    from pipeline.advisers import evaluations

    _change(
        as_json,
        lambda session: (
            evaluations.correct(session, console(), evaluation, grades, note, why, on or today(), now=now()).adviser_id
        ),
    )


@command(
    advisers,
    "withdraw-evaluation",
    N_("An evaluation was a mistake; it counts no more."),
    'goldseed advisers withdraw-evaluation 5 --why "another adviser"',
)
@_evaluation
@why_option
@as_json_option
def withdraw_evaluation(evaluation: int, why: str, as_json: bool) -> None:
    from pipeline.advisers import evaluations

    _change(as_json, lambda session: evaluations.withdraw(session, console(), evaluation, why, now=now()).id)


# --- the negative list -----------------------------------------------------------------------------------------


@command(
    advisers,
    "list-negative",
    N_("Put an adviser on the negative list, from a day until before another."),
    'goldseed advisers list-negative 12 --reason "false report" --evidence "decision 17" --until 2025-06-01',
)
@_adviser
@click.option("--reason", required=True, metavar="TEXT", help=N_("Why it is put on the list."))
@click.option("--evidence", required=True, metavar="TEXT", help=N_("What that rests on."))
@click.option("--from", "begins_on", type=Day(), metavar="DAY", help=N_("The first day; today unless given."))
@click.option("--until", required=True, type=Day(), metavar="DAY", help=N_("The first day that counts no more."))
@as_json_option
def list_negative(adviser: int, reason: str, evidence: str, begins_on: date | None, until: date, as_json: bool) -> None:
    from pipeline.tutoring.negative_list import entries

    _change(
        as_json,
        lambda session: (
            entries.enter(
                session, console(), adviser, reason, evidence, begins_on or today(), until, now=now()
            ).adviser_id
        ),
    )


@command(
    advisers,
    "reply",
    N_("What the adviser has said about an entry of the negative list."),
    'goldseed advisers reply 2 --text "corrected since"',
)
@_entry
@click.option("--text", required=True, metavar="TEXT", help=N_("What it replied."))
@on_option
@as_json_option
def reply(entry: int, text: str, on: date | None, as_json: bool) -> None:
    from pipeline.tutoring.negative_list import entries

    _change(
        as_json,
        lambda session: entries.reply(session, console(), entry, text, on or today(), now=now()).adviser_id,
    )


@command(
    advisers,
    "extend",
    N_("An entry of the negative list ends later."),
    'goldseed advisers extend 2 --until 2026-01-01 --why "not corrected"',
)
@_entry
@click.option("--until", required=True, type=Day(), metavar="DAY", help=N_("The first day that counts no more."))
@on_option
@why_option
@as_json_option
def extend(entry: int, until: date, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring.negative_list import entries

    _change(
        as_json,
        lambda session: entries.extend(session, console(), entry, until, why, on or today(), now=now()).adviser_id,
    )


@command(
    advisers,
    "end",
    N_("Lift an entry of the negative list from a day on; from its first day on it never counted."),
    'goldseed advisers end 2 --why "corrected"',
)
@_entry
@on_option
@why_option
@as_json_option
def end(entry: int, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring.negative_list import entries

    _change(
        as_json,
        lambda session: entries.lift(session, console(), entry, why, on or today(), now=now()).adviser_id,
    )


# --- spot checks -----------------------------------------------------------------------------------------------


@command(
    advisers,
    "spot-check",
    N_("Draw advisers or agreements at random, each group in proportion; the seed is kept."),
    'goldseed advisers spot-check --of agreements --by district --size 12 --why "second quarter"',
)
@click.option(
    "--of",
    "subject",
    default="advisers",
    show_default=True,
    type=click.Choice(list(SUBJECTS)),
    help=N_("What to draw from."),
)
@click.option(
    "--by", "strata", default="kind", show_default=True, type=click.Choice(list(STRATA)), help=N_("The groups.")
)
@click.option("--size", required=True, type=int, help=N_("How many."))
@click.option("--seed", metavar="TEXT", help=N_("The seed; unless given, one is drawn and kept."))
@on_option
@why_option
@as_json_option
def spot_check(
    subject: str, strata: str, size: int, seed: str | None, on: date | None, why: str, as_json: bool
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.advisers import spot_checks

    with Session(database()) as session, session.begin():
        check = spot_checks.draw_check(
            session, console(), subject, strata, size, why, on or today(), now=now(), seed=seed
        )
        found = _checks(session, check.id)
    show(found[0], as_json, _check_lines)


@command(advisers, "spot-checks", N_("What was drawn, and what was found."), "goldseed advisers spot-checks --open")
@click.option("--open", "open_only", is_flag=True, help=N_("Only what waits for a result."))
@as_of_or_today
@as_json_option
def list_spot_checks(open_only: bool, as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.advisers import spot_checks

    with Session(database()) as session:
        seen = spot_checks.spot_checks(session, console(), as_of or today(), open_only=open_only)
        found = [known_to_json(check) for check in seen]

    def lines(checks: list[dict[str, Any]]) -> list[str]:
        return [text for check in checks for text in _check_lines(check)] or [_("Nothing has been drawn yet.")]

    show(found, as_json, lines)


@command(
    advisers,
    "check-result",
    N_("Keep what was found about one that was drawn."),
    'goldseed advisers check-result 7 --result differences --note "two figures differ"',
)
@click.argument("item", type=int, metavar="ITEM")
@click.option("--result", required=True, type=click.Choice(list(RESULTS)), help=N_("The result of the check."))
@click.option("--note", default="", metavar="TEXT", help=N_("What was found, in words."))
@click.option("--why", metavar="TEXT", help=N_("The reason, where another result stands there."))
@on_option
@as_json_option
def check_result(item: int, result: str, note: str, why: str | None, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.advisers import spot_checks

    with Session(database()) as session, session.begin():
        kept = spot_checks.record_result(session, console(), item, result, note, on or today(), now=now(), why=why)
        found = _checks(session, kept.spot_check_id)
    show(found[0], as_json, _check_lines)


# --- how it is printed -----------------------------------------------------------------------------------------


def _change(as_json: bool, change: Callable[["Session"], int]) -> None:
    """Do it, and print the adviser as it is then."""
    from sqlalchemy.orm import Session

    with Session(database()) as session, session.begin():
        number = change(session)
    _show(number, today(), as_json)


def _show(adviser: int, on: date, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.advisers import adviser_lists

    with Session(database()) as session:
        seen = adviser_lists.adviser_seen(session, console(), adviser, on)

    def lines(_found: Any) -> list[str]:
        return [
            _line_text(seen.line),
            *(
                f"    {each.before} = {seen.line.name}: {each.why}"
                for each in seen.changes
                if each.what == "merged_into"
            ),
            *(
                f"    {language.pick(AUTHORITIES[each.authority])} {each.number}  {each.filed_on} – "
                f"{each.valid_until or ''}  [{each.id}]"
                for each in seen.line.filings
            ),
            *(f"    {each.firm_id:<20} {each.agreed_on} – {each.ended_on or ''}" for each in seen.firms),
            *(
                f"    {each.firm_id:<20} {each.year}  {'/'.join(map(str, each.grades.values()))}  {each.by}"
                f"  [{each.id}]"
                for each in seen.evaluations
            ),
            *(
                f"    {each.begins_on} – {each.ends_on}  {each.reason} ({each.evidence})  [{each.id}]"
                for each in seen.entries
            ),
        ]

    show(known_to_json(seen), as_json, lines)


def _checks(session: "Session", number: int) -> list[dict[str, Any]]:
    from pipeline.advisers import spot_checks

    return [
        known_to_json(check) for check in spot_checks.spot_checks(session, console(), today()) if check.id == number
    ]


def _line_text(line: "AdviserLine") -> str:
    served, mean, rates = line.served, line.evaluation, line.differences
    counts = _("%(firms)s firms, %(listed)s listed", firms=served.firms, listed=served.reached.get("listed", 0))
    judged = "–" if mean is None or mean.overall is None else f"{mean.overall:.1f} ({mean.count})"
    text = f"{line.id:>5}  {kind_name(line.kind)}  {line.name}  {counts}  {judged}"
    if rates is not None:
        text += "  " + _(
            "differences per 100 returns: %(own)s, all others %(others)s",
            own=_rate(rates.own),
            others=_rate(rates.others),
        )
    return text + (f"  ! {line.listed.message}" if line.listed is not None else "")


def _rate(rate: "Rate") -> str:
    return _("not known") if rate.per_100 is None else f"{rate.per_100:.1f} ({rate.low:.1f}–{rate.high:.1f})"


def _check_lines(check: dict[str, Any]) -> list[str]:
    head = f"{check['id']:>5}  {check['drawn_on']}  {check['size']}/{check['of']}  {check['seed']}  {check['why']}"
    return [
        head,
        *(
            f"    [{item['id']}] {item['stratum']}  {item['adviser']}  {item['firm_name'] or item['firm_id'] or ''}  "
            f"{language.pick(RESULTS[item['result']]) if item['result'] else '…'}  {item['note'] or ''}"
            for item in check["items"]
        ),
    ]
