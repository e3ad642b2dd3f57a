"""The demo: a synthetic city goes through the real import, model, rules and reviews, as two years of a bureau would.

Workbooks, import, training, scores, rules, reviews, cases and visits, accounts. Each step first checks whether it is
done already, so that a demo that was interrupted continues, and a second one is quick.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from commands.demo import pools as demo_pools
from commands.demo.growth import choose_pacesetters, look_after_growers
from commands.demo.rooms import talk
from commands.demo.support import claim_support
from commands.demo.tutoring import OFFICER, follow_events, stand_by, tutor
from pipeline.accounts import people
from pipeline.accounts.people import Person, Role
from pipeline.demo_data import FILE_MARK
from pipeline.errors import ShownToPeople, WrongFile
from pipeline.language import N_, Message, pick
from pipeline.language import gettext as _
from pipeline.rules.definition import rule_books
from pipeline.settings import Settings
from pipeline.store.current import current_run
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import CITY, Account, Firm, Import, Score, ScoreRun
from pipeline.tutoring.stages import EVENTS

if TYPE_CHECKING:
    from pipeline.intake.storing.reports import ImportReport
    from pipeline.synthetic_city import CityFile

Say = Callable[[object], None]

#: How file names of the synthetic city begin: the mark by which every page and export knows that it is not real.
FILE_PREFIX = f"{FILE_MARK}_"
EVENT, WITHIN_MONTHS = "tutoring_filed", 24
ENTERPRISE, ANALYST, DEPARTMENT, MENTOR = "enterprise", "analyst", "department", "mentor"
DISTRICT, AUDITOR, ADMIN = "district", "auditor", "admin"
_BUREAU = FILE_MARK


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo with its new password."""

    name: str
    role: str
    password: str


class RealFirmsHere(ShownToPeople):
    """The database holds real firms; the demo must not be mixed with them."""


def make_demo(
    engine: Engine,
    settings: Settings,
    *,
    today: date,
    now: datetime,
    say: Say,
    firms: int = 2200,
    seed: int = 0,
    folder: Path | None = None,
) -> list[DemoAccount]:
    """Fill the database with the synthetic city as of today; returns the accounts with new passwords.

    Scores are of the last 1 May by which the latest year is public, and of the one before. Raises RealFirmsHere where
    the database holds a city's real returns.
    """
    _refuse_real_firms(engine)
    as_of = _last_first_of_may(today)
    earlier = as_of.replace(year=as_of.year - 1)
    _import_city(engine, folder or settings.root / "data" / "demo", firms, seed, as_of, today, now, say)
    boss = people.console(_BUREAU)
    with Session(engine) as session, session.begin():
        accounts = _open_accounts(session, boss, now)
    for day in (earlier, as_of):
        _train_and_score(engine, settings.models, day, now, say)
        _review(engine, boss, day, now, leave_open=8 if day == as_of else 0, say=say)
    _count_rules(engine, as_of, say)
    with Session(engine) as session, session.begin():
        follow_events(session, today, now)
        tutor(session, as_of, today, now)
        accounts += _open_enterprise_accounts(session, boss, now)
        accounts.append(_account(session, boss, MENTOR, now))
        stand_by(session, MENTOR, now)
        look_after_growers(session, boss, today, now)
        choose_pacesetters(session, boss, earlier, as_of, today, now)
        claim_support(session, boss, OFFICER, ENTERPRISE, today, now)
    talk(engine, OFFICER, ENTERPRISE, today, now)
    return accounts


def _refuse_real_firms(engine: Engine) -> None:
    with Session(engine) as session:
        others = select(Import.file_name).where(Import.cohort == CITY, ~Import.file_name.startswith(FILE_PREFIX))
        file_name = session.scalar(others.limit(1))
    if file_name:
        text = N_(
            "The demo was not made: this database holds real returns (%(file)s), and made-up firms must not stand "
            "among them. Give the demo a database of its own, e.g. GOLDSEED_DB_URL=sqlite:///data/demo.sqlite."
        )
        raise RealFirmsHere(Message(text, {"file": file_name}))


def _last_first_of_may(today: date) -> date:
    """The day after which the latest fiscal year is public (30 April)."""
    first_of_may = date(today.year, 5, 1)
    return first_of_may if today >= first_of_may else date(today.year - 1, 5, 1)


def _import_city(
    engine: Engine, folder: Path, firms: int, seed: int, as_of: date, today: date, now: datetime, say: Say
) -> None:
    from pipeline.intake import importing
    from pipeline.synthetic_city import write_city
    from pipeline.synthetic_city.activities.workbook import MAP, write_activities

    with Session(engine) as session:
        if session.scalar(select(Import.id).where(Import.kind == "events", Import.cohort == CITY).limit(1)):
            say(_("The made-up city is here already."))
            return
    say(_("Writing the workbooks of a made-up city of %(count)d firms to %(folder)s …", count=firms, folder=folder))
    files = write_city(folder, firms=firms, seed=seed, until=today)

    def store(file: "CityFile") -> "ImportReport":
        return importing.import_returns(
            engine,
            importing.ImportRequest.of(
                file.path, file.map_name, by=_BUREAU, now=now, today=today, source=file.source, known_on=file.known_on
            ),
        )

    for file in files.returns:
        try:
            say(store(file))
        except WrongFile as error:
            if file.expected != "refused":
                raise
            say(
                _(
                    "%(file)s was refused, as it should be: %(count)d cells to mend.",
                    file=file.path.name,
                    count=len(error.problems),
                )
            )
    say(
        importing.import_events(
            engine,
            importing.ImportRequest.of(files.events.path, files.events.map_name, by=_BUREAU, now=now, today=today),
        )
    )
    path = write_activities(files.folder, files.city, seed)
    say(importing.import_activities(engine, importing.ImportRequest.of(path, MAP, by=_BUREAU, now=now, today=today)))


def _train_and_score(engine: Engine, models: Path, day: date, now: datetime, say: Say) -> None:
    from scoring.registry import registry, train_model
    from scoring.scores import score_cohort

    name = f"demo-{day}"
    known = {model.id for model in registry.list_models(engine)}
    if name not in known:
        say(
            _(
                "Training the model of %(day)s (%(event)s within %(months)d months) …",
                day=day,
                event=pick(EVENTS[EVENT]),
                months=WITHIN_MONTHS,
            )
        )
        trained = train_model.train(
            engine, models, day, cohorts=[CITY], event=EVENT, within_months=WITHIN_MONTHS, name=name, now=now
        )
        say(trained)
    if registry.champion(engine) is None or name > str(registry.champion(engine)):
        why = _("Demo: the newest model of the made-up city.")
        registry.promote(engine, name, why=why, by=_BUREAU, approved_by=ANALYST, now=now)
    with Session(engine) as session:
        if session.scalar(select(ScoreRun.id).where(ScoreRun.model_id == name, ScoreRun.as_of == day)):
            return
    scored = score_cohort.score_cohort(engine, models, day, cohort=CITY, model_id=name, now=now)
    say(_("%(count)d firms have a score as of %(day)s.", count=len(scored), day=day))


def _review(engine: Engine, boss: Person, day: date, now: datetime, *, leave_open: int, say: Say) -> None:
    """Nominations and applications of the weeks before a day, and its review."""
    with Session(engine) as session, session.begin():
        run = session.scalars(select(ScoreRun.id).where(ScoreRun.as_of == day).order_by(ScoreRun.id.desc())).first()
        declared = 0 if run is None else demo_pools.declare(session, boss, run, day, now)
    if declared:
        say(_("%(count)d nominations and applications came in before %(day)s.", count=declared, day=day))
    reviewed = demo_pools.review(engine, boss, day, now, leave_open=leave_open)
    if reviewed is not None:
        proposed, decided = reviewed
        say(
            _(
                "Review of %(day)s: %(proposed)d proposals, %(decided)d confirmed, %(open)d wait for an officer.",
                day=day,
                proposed=proposed,
                decided=decided,
                open=proposed - decided,
            )
        )


def _count_rules(engine: Engine, day: date, say: Say) -> None:
    from pipeline.rules.reports import check

    rows = check.check(engine, day).rows
    met = rows[(rows["part"] == "standard") & (rows["verdict"] == "met")]
    for board, count in met.groupby("board", observed=True)["firm_id"].nunique().items():
        say(
            _(
                "%(count)d firms meet a listing standard of %(board)s.",
                count=count,
                board=pick(rule_books.book_of(str(board))),
            )
        )


def _open_accounts(session: Session, boss: Person, now: datetime) -> list[DemoAccount]:
    """The city's own people and one department; existing ones get new passwords, to be printed again."""
    return [
        *(_account(session, boss, name, now) for name in (OFFICER, ANALYST)),
        _account(session, boss, DEPARTMENT, now, department="tax"),
        *(_account(session, boss, name, now) for name in (AUDITOR, ADMIN)),
    ]


def _open_enterprise_accounts(session: Session, boss: Person, now: datetime) -> list[DemoAccount]:
    """One enterprise, which speaks for a firm that is in a pool and has a score, and an officer of its district."""
    run = current_run(session)
    scored = select(Score.firm_id).where(Score.run_id == (0 if run is None else run.id))
    firm, district = session.execute(
        select(Firm.id, Firm.district_code)
        .join(PoolMembership, PoolMembership.firm_id == Firm.id)
        .where(PoolMembership.left_on.is_(None))
        .order_by(Firm.id.not_in(scored), PoolMembership.pool, PoolMembership.id)
        .limit(1)
    ).one()
    return [
        _account(session, boss, ENTERPRISE, now, firm_id=firm),
        _account(session, boss, DISTRICT, now, role=Role.OFFICER, district_code=district),
    ]


def _account(
    session: Session, boss: Person, name: str, now: datetime, *, role: str | None = None, **belongs_to: Any
) -> DemoAccount:
    """The demo's account of this name, which is also its role unless one is given, with a new password. Whoever runs
    the demo is all of these people, so none has to be changed.
    """
    password = people.readable_password()
    if session.scalar(select(Account.id).where(Account.name == name)) is None:
        account, _ = people.add(session, name, role or name, password=password, by=boss, now=now, **belongs_to)
    else:
        account, _ = people.set_password(session, name, password, by=boss, now=now)
    return DemoAccount(account.name, account.role, password)
