"""What stages need, who advises a firm, cases that go back, and how long stages take, on the command line."""

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from commands.shared import Day, as_json_option, command, console, database, now, show, today, why_option
from commands.tutoring.cases import advisers_options, cases, change_case, firm_argument, on_option, stage_option
from pipeline import language
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.tutoring.gates import ADVISER_KINDS
from pipeline.tutoring.stages import EXITS, STAGES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.store.tables import Case


@command(
    cases,
    "needs",
    N_("What a firm lacks for a stage, if it reached it on a day."),
    "goldseed cases needs 91XXXXXXMA5CA1L08E --stage advisers",
)
@firm_argument
@stage_option
@click.option("--on", type=Day(), metavar="DAY", help=N_("The day on which it would reach it; today unless given."))
@as_json_option
def needs(firm: str, stage: str, on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session:
        lacks = tutoring.needs_of(session, _open_case(session, firm), stage, on or today(), now=now())
        document = [{"id": lack.id, "what": str(lack.message)} for lack in lacks]
    show(document, as_json, lambda entries: [each["what"] for each in entries] or [_("The firm lacks nothing for it.")])


@command(
    cases,
    "back",
    N_("A way out that does not end the tutoring: the firm goes back to what share reform and advisers have built."),
    'goldseed cases back 91XXXXXXMA5CA1L08E --outcome tutoring_terminated --why "changes its sponsor"',
)
@firm_argument
@click.option("--outcome", required=True, type=click.Choice(sorted(EXITS)), help=N_("By which way out it goes back."))
@on_option
@why_option
@as_json_option
def back(firm: str, outcome: str, on: date | None, why: str, as_json: bool) -> None:
    from pipeline.tutoring import cases as tutoring

    change_case(
        firm,
        as_json,
        lambda session, case: tutoring.go_back(session, console(), case.id, outcome, why, on or today(), now=now()),
    )


@command(
    cases,
    "advisers",
    N_("Who advises a firm, those of before among them; with names, who advises it since a day."),
    'goldseed cases advisers 91XXXXXXMA5CA1L08E --broker "GF Securities" --on 2024-05-01',
)
@firm_argument
@advisers_options
@on_option
@as_json_option
def advisers(firm: str, advisers: dict[str, str | None], on: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.accounts.people import Action
    from pipeline.tutoring import advisers as advising
    from pipeline.tutoring import cases as tutoring

    with Session(database()) as session, session.begin():
        people.require(console(), Action.SEE_CASES, firm, session=session)
        if any(advisers.values()):
            case = _open_case(session, firm)
            tutoring.name_advisers(session, console(), case.id, advisers, on or today(), now=now())
        found = [
            {
                "kind": each.kind,
                "name": each.name,
                "agreed_on": each.agreed_on,
                "ended_on": each.ended_on,
                "why": each.ended_why,
            }
            for each in advising.ever_engaged(session, firm)
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{each['agreed_on']} – {each['ended_on'] or ''}  {language.pick(ADVISER_KINDS[each['kind']])}  "
            f"{each['name']}"
            for each in entries
        ] or [_("No adviser of this firm is known by name.")]

    show(found, as_json, lines)


@command(
    cases,
    "times",
    N_("How long cases stay in each stage: medians of all, by year and by district."),
    "goldseed cases times --json",
)
@as_json_option
def times(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.counts.stage_times import stage_times

    with Session(database()) as session:
        found = [
            {
                "stage": each.stage,
                "year": each.year,
                "district_code": each.district_code,
                "left": each.left,
                "not_left": each.not_left,
                "median_days": each.median_days,
                "typical_months": list(STAGES[each.stage].typical_months),
            }
            for each in stage_times(session, console(), today())
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{language.pick(STAGES[each['stage']])}  {each['year'] or each['district_code'] or ''}  "
            + _("%(left)s left, %(not_left)s did not", left=each["left"], not_left=each["not_left"])
            + ("" if each["median_days"] is None else "  " + _("%(count)s days", count=f"{each['median_days']:.0f}"))
            for each in entries
        ] or [_("No case has been opened yet.")]

    show(found, as_json, lines)


def _open_case(session: "Session", firm: str) -> "Case":
    from pipeline.tutoring import cases as tutoring

    case = tutoring.case_of(session, firm)
    if case is None:
        raise NotFound(Message(N_("The firm %(firm)s has no open case."), {"firm": firm}))
    return case
