"""The stored lists equal lists worked out anew, whatever changed them and whoever noticed."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Engine, event, insert, select, text, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.roles import Role
from pipeline.errors import ShownToPeople
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.storing import findings
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.pools import deciding, reviews
from pipeline.rules.definition import rule_books
from pipeline.settings import ROOT
from pipeline.store.database import engine_for
from pipeline.store.engines.search_index import signs_of
from pipeline.store.pool_tables import PoolProposal
from pipeline.store.tables import (
    Account,
    Firm,
    FirmListRow,
    FirmListState,
    Import,
    ImportFinding,
    Model,
    Score,
    ScoreRun,
)
from pipeline.store.trail.key import put_note_away
from pipeline.store.trail.touched import PARTS
from pipeline.store.write_lock import SomebodyElseSaved
from pipeline.tutoring import cases
from pipeline.tutoring.stages import EXITS, STAGES
from scoring.firm_list import keeper, rows
from scoring.firm_list.keeper import keep_lists, make_current, prove, rebuild
from scoring.firm_list.stored_rows import search_text
from tests.pipeline.intake.workbooks import BANYAN, CODE, FINANCE, HEADINGS, KAPOK, LOTUS, PEOPLE, YEAR, good, write

FIRMS = (LOTUS, BANYAN, KAPOK)
JUNE_1 = date(2024, 6, 1)
ABOUT = [CODE, YEAR, "企业名称", "所在市（区）"]
CONSOLE = people.console("测试")
#: The state machine below says on both what all others say on one.
ON_SQLITE_ALONE = True


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9)


def bring(engine: Engine, path: Path, day: date = JUNE_1) -> int | None:
    request = ImportRequest.of(path, "city", by="test", now=at(day), today=day)
    return importing.import_returns(engine, request).import_id


def score(engine: Engine, points: dict[str, float], as_of: date) -> None:
    """A run gave these firms these points, as scoring a cohort leaves it."""
    with Session(engine) as session, session.begin():
        audit_now = at(as_of)
        if session.get(Model, "m") is None:
            session.add(
                Model(
                    id="m",
                    trained_at=audit_now,
                    as_of=as_of,
                    cohorts=["city"],
                    event="listed",
                    within_months=24,
                    fingerprint="f" * 64,
                    measures={},
                )
            )
            session.flush()
        run = ScoreRun(
            model_id="m",
            cohort="city",
            as_of=as_of,
            scored_at=audit_now,
            data_fingerprint="d" * 64,
            base_points=50.0,
            reference="city",
        )
        session.add(run)
        session.flush()
        there = set(session.scalars(select(Firm.id)))
        given = [
            {"run_id": run.id, "firm_id": firm, "points": value, "probability": 0.1, "thin_data": False}
            for firm, value in points.items()
            if firm in there
        ]
        if given:
            session.execute(insert(Score), given)
        audit.record(session, CONSOLE, "store_scores", f"score_run:{run.id}", {}, audit_now)


def listed(engine: Engine, firm: str = LOTUS) -> FirmListRow | None:
    with Session(engine) as session:
        return session.get(FirmListRow, firm)


def is_true(engine: Engine) -> None:
    proof = prove(engine)
    assert proof.differing == 0, proof.differences


_LINE = "{2020-06-12: 10000, 2024-04-30: 40000}"
#: In the amended rules ChiNext asks for less revenue from this day on; BANYAN's 158 million are then enough.
AMENDED_FROM = date(2024, 6, 2)


def amended(folder: Path) -> Path:
    """A folder like the program's own, in which one rule file has another threshold."""
    root = folder / "amended"
    (root / "data").mkdir(parents=True)
    for name in ("pipeline", "scoring", *(f"data/{file.name}" for file in (ROOT / "data").iterdir())):
        if name != "data/rules":
            (root / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "data" / "rules", root / "data" / "rules")
    file = root / "data" / "rules" / "chinext.yaml"
    before = file.read_text("utf-8")
    assert before.count(_LINE) == 1
    file.write_text(before.replace(_LINE, f"{_LINE[:-1]}, {AMENDED_FROM}: 10000}}"), "utf-8")
    return root


#: A folder of rules is parsed once, however often the program begins again with it.
_read_once = cache(rule_books.read_folder)


def use_rules_of(root: Path) -> None:
    """As a program that begins with the rules of this folder."""
    if root == keeper.ROOT:
        return
    rule_books.read_folder = _read_once
    rule_books.rule_books.__wrapped__.__defaults__ = (root / "data" / "rules",)  # type: ignore[attr-defined]
    rule_books.rule_books.cache_clear()
    rule_books._shipped_in_force.cache_clear()
    keeper.ROOT = root  # type: ignore[misc]
    keeper.made_by.cache_clear()


@pytest.fixture
def own_rules() -> Iterator[None]:
    """Afterwards the rules are the program's own again."""
    as_before = rule_books.read_folder
    yield
    use_rules_of(ROOT)
    rule_books.read_folder = as_before


class City(RuleBasedStateMachine):
    """Whatever happens to a small city, its lists are those that would be worked out anew."""

    engine: Engine
    folder: Path
    amended: Path  # see amended()
    day = JUNE_1  # of the class: one engine serves every city, and asks for the day

    def __init__(self) -> None:
        super().__init__()
        City.day = JUNE_1
        use_rules_of(ROOT)
        with self.engine.begin() as connection:
            for table in reversed(Firm.metadata.sorted_tables):
                connection.execute(table.delete())
        put_note_away(self.engine.url)
        self.files = 0

    @property
    def now(self) -> datetime:
        return at(self.day)

    def does(self, change: Any) -> None:
        """As one transaction; a refusal changes nothing."""
        with Session(self.engine) as session, suppress(ShownToPeople), session.begin():
            change(session)

    @initialize()
    def the_first_file_comes(self) -> None:
        keep_lists(self.engine, lambda: City.day)
        self.does(lambda session: people.add(session, "陈主任", Role.OFFICER, by=CONSOLE, now=self.now))
        bring(self.engine, write(self.folder / "first.xlsx"), self.day)

    @rule(
        firm=st.sampled_from(FIRMS),
        year=st.integers(2021, 2023),
        revenue=st.sampled_from([80.0, 3200.5, 41_000.0, 32_005_000.0]),
        profit=st.sampled_from([-35.5, 210.0, 9_000.0]),
        district=st.sampled_from(["蓬江区", "江海区", None]),
        name=st.sampled_from(["莲芯传感（虚构）", "榕动电机（虚构）", None]),
    )
    def a_return_comes(
        self, firm: str, year: int, revenue: float, profit: float, district: str | None, name: str | None
    ) -> None:
        self.files += 1
        sheets = {
            FINANCE: [HEADINGS[FINANCE], [firm, year, revenue, profit, 5_600]],
            PEOPLE: [HEADINGS[PEOPLE], [firm, year, 45, 180]],
        }
        if name is not None:
            sheets["企业基本信息"] = [ABOUT, [firm, year, name, district]]
        bring(self.engine, write(self.folder / f"{self.files}.xlsx", sheets), self.day)

    @rule(which=st.integers(0, 9))
    def an_import_is_undone(self, which: int) -> None:
        with Session(self.engine) as session:
            numbers = list(session.scalars(select(Import.id).where(Import.state == "stored").order_by(Import.id)))
        if numbers:
            number = numbers[which % len(numbers)]
            imports.undo(self.engine, number, by="test", now=self.now, force=True, why="falsche Datei")

    @rule(firm=st.sampled_from(FIRMS), kind=st.sampled_from(["share_reform", "listed", "neeq_listed"]))
    def a_stage_event_comes(self, firm: str, kind: str) -> None:
        self.files += 1
        file = self.folder / f"{self.files}.csv"
        lines = ["credit_code,code,event,board,occurred_on,precision", f"{firm},1,{kind},,2024-03-04,day"]
        file.write_text("\n".join(lines), encoding="utf-8")
        importing.import_events(
            self.engine,
            ImportRequest.of(file, "prospectus-events", by="test", now=self.now, today=self.day, cohort="city"),
        )

    @rule(points=st.fixed_dictionaries({firm: st.sampled_from([45.0, 61.0, 70.0]) for firm in FIRMS}))
    def scores_come_in_and_are_reviewed(self, points: dict[str, float]) -> None:
        score(self.engine, points, self.day)
        self.does(lambda session: reviews.propose(session, self.day, self.now, CONSOLE))

    @rule(confirm=st.booleans())
    def all_proposals_are_decided(self, confirm: bool) -> None:
        def change(session: Session) -> None:
            waiting = list(session.scalars(select(PoolProposal.id).where(PoolProposal.state == "open")))
            deciding.decide_all(session, waiting, confirm, "理由", CONSOLE, self.day, self.now)

        self.does(change)

    @rule(firm=st.sampled_from(FIRMS), stage=st.sampled_from(sorted(STAGES)))
    def a_stage_is_recorded(self, firm: str, stage: str) -> None:
        def change(session: Session) -> None:
            if (case := cases.case_of(session, firm)) is not None:
                cases.change_stage(session, CONSOLE, case.id, stage, self.day, now=self.now, waive="从简")

        self.does(change)

    @rule(firm=st.sampled_from(FIRMS), outcome=st.sampled_from(sorted(EXITS)))
    def a_case_goes_back(self, firm: str, outcome: str) -> None:
        def change(session: Session) -> None:
            if (case := cases.case_of(session, firm)) is not None:
                cases.go_back(session, CONSOLE, case.id, outcome, "理由", self.day, now=self.now)

        self.does(change)

    @rule(firm=st.sampled_from(FIRMS))
    def a_mentor_is_named(self, firm: str) -> None:
        def change(session: Session) -> None:
            account = session.scalars(select(Account)).one()
            if (case := cases.case_of(session, firm)) is not None:
                cases.assign_mentor(session, CONSOLE, case.id, account.id, now=self.now)

        self.does(change)

    @rule(firm=st.sampled_from(FIRMS))
    def something_is_taken_back(self, firm: str) -> None:
        def change(session: Session) -> None:
            if (case := cases.case_of(session, firm)) is not None:
                cases.take_back(session, CONSOLE, case.id, "录错", now=self.now)

        self.does(change)

    @rule(state=st.sampled_from(["explained", "corrected"]))
    def a_finding_is_settled(self, state: str) -> None:
        def change(session: Session) -> None:
            number = session.scalar(select(ImportFinding.id).where(ImportFinding.state == "open").limit(1))
            if number is not None:
                findings.settle_finding(session, number, state, "核对过", by=CONSOLE, now=self.now)

        self.does(change)

    @rule(days=st.sampled_from([1, 40, 400]))
    def time_passes(self, days: int) -> None:
        City.day += timedelta(days=days)
        make_current(self.engine, self.day)

    @rule(amend=st.booleans())
    def the_program_begins_again_with_these_rules(self, amend: bool) -> None:
        use_rules_of(self.amended if amend else ROOT)
        make_current(self.engine, self.day)

    @invariant()
    def the_lists_equal_those_worked_out_anew(self) -> None:
        proof = prove(self.engine)
        if proof.day is not None:
            assert proof.day == self.day
            assert proof.differing == 0, proof.differences

    @invariant()
    def a_search_looks_through_the_name_that_is_shown(self) -> None:
        with Session(self.engine) as session:
            for row in session.scalars(select(FirmListRow)):
                assert row.search == search_text(row.firm_id, row.name, row.industry_code, row.former_names)
                assert row.signs == signs_of(row.search)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_lists_are_true_whatever_happens_in_whatever_order(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, own_rules: None
):
    engine = engine_for(request.getfixturevalue(f"{kind}_url"))

    class OnThisDatabase(City):
        pass

    OnThisDatabase.engine, OnThisDatabase.folder, OnThisDatabase.amended = engine, tmp_path, amended(tmp_path)
    try:
        run_state_machine_as_test(
            OnThisDatabase,
            settings=settings(
                max_examples={"sqlite": 4, "postgres": 1}[kind],
                stateful_step_count=12,
                deadline=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def kept_file(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A SQLite database whose lists are kept, with the good form in it."""
    folder = tmp_path_factory.mktemp("kept")
    shutil.copyfile(sqlite_template, folder / "kept.sqlite")
    engine = engine_for(f"sqlite:///{folder}/kept.sqlite")
    keep_lists(engine, lambda: JUNE_1)
    bring(engine, write(folder / "form.xlsx"))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "kept.sqlite"


@pytest.fixture
def kept(db_url: str, kept_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """A database whose lists are kept, with the good form in it."""
    if db_url.startswith("sqlite"):
        shutil.copyfile(kept_file, db_url.removeprefix("sqlite:///"))
    engine = engine_for(db_url)
    keep_lists(engine, lambda: JUNE_1)
    if not db_url.startswith("sqlite"):
        bring(engine, write(tmp_path / "form.xlsx"))
    yield engine
    engine.dispose()


@pytest.mark.both_databases
def test_an_import_s_own_transaction_lists_its_firms(engine: Engine, tmp_path: Path):
    keep_lists(engine, lambda: JUNE_1)
    bring(engine, write(tmp_path / "form.xlsx"))
    row = listed(engine)
    assert row is not None
    assert (row.year, row.revenue_cny, row.staff) == (2023, 41_002_500, 52)
    is_true(engine)


def test_only_the_firms_that_a_change_touches_are_worked_out_anew(
    kept: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[Any] = []
    as_before = rows.rows_of
    monkeypatch.setattr(rows, "rows_of", lambda *about: asked.append(about[2]) or as_before(*about))
    sheets = {FINANCE: [HEADINGS[FINANCE], [BANYAN, 2022, 9_000, 800, 9_500]]}
    bring(kept, write(tmp_path / "more.xlsx", sheets))
    assert asked
    assert {tuple(firms) for firms in asked} == {(BANYAN,)}


@pytest.mark.both_databases
def test_a_figure_in_doubt_is_marked_until_a_person_explains_it(kept: Engine, tmp_path: Path):
    rows_of_lotus = [[LOTUS, year, 3_000, 210, 5_100] for year in (2019, 2020, 2021)]
    slipped = [LOTUS, 2023, 31_000_000, 210, 5_600]  # the revenue in yuan, under a heading of 10k yuan
    bring(kept, write(tmp_path / "slip.xlsx", {FINANCE: [HEADINGS[FINANCE], *rows_of_lotus, slipped]}))
    marked = listed(kept)
    assert marked is not None
    assert marked.in_doubt
    with Session(kept) as session, session.begin():
        about_lotus = ImportFinding.state == "open", ImportFinding.firm_id == LOTUS
        for number in session.scalars(select(ImportFinding.id).where(*about_lotus)).all():
            findings.settle_finding(session, number, "explained", "核对过", by=CONSOLE, now=at(JUNE_1))
    explained = listed(kept)
    assert explained is not None
    assert explained.in_doubt is False
    is_true(kept)


def test_a_transaction_that_is_rolled_back_leaves_the_lists_as_they_were(kept: Engine):
    before = listed(kept)
    assert before is not None
    with pytest.raises(RuntimeError), Session(kept) as session, session.begin():
        session.execute(update(Firm).where(Firm.id == LOTUS).values(name="另一个名字"))
        audit.record(session, CONSOLE, "rename", f"firm:{LOTUS}", {}, at(JUNE_1))
        raise RuntimeError("killed half way")
    after = listed(kept)
    assert after is not None
    assert after.name == before.name
    is_true(kept)


@pytest.mark.both_databases
def test_what_another_program_changed_is_caught_up_before_it_is_read(kept: Engine):
    other = engine_for(kept.url.render_as_string(hide_password=False))  # keeps no lists
    with Session(other) as session, session.begin():
        session.execute(update(Firm).where(Firm.id == LOTUS).values(name="另一个名字", district_code="440704"))
        audit.record(session, CONSOLE, "rename", f"firm:{LOTUS}", {}, at(JUNE_1))
    other.dispose()
    assert prove(kept).differing == 2  # name and district
    make_current(kept, JUNE_1)
    is_true(kept)


def test_a_new_day_works_everything_out_anew_and_writes_what_differs_and_the_same_day_nothing(
    kept: Engine, monkeypatch: pytest.MonkeyPatch
):
    made: list[tuple[date, str]] = []
    written: list[str] = []
    as_before, as_written = keeper._write_part, keeper.update_listed
    monkeypatch.setattr(keeper, "_write_part", lambda *about: made.append(about[1:3]) or as_before(*about))
    monkeypatch.setattr(keeper, "update_listed", lambda *about: written.extend(about[1].index) or as_written(*about))
    next_day = JUNE_1 + timedelta(days=1)
    with kept.begin() as connection:
        connection.execute(update(FirmListRow).where(FirmListRow.firm_id == LOTUS).values(staff=-1))
    for day in (JUNE_1, next_day, next_day):
        make_current(kept, day)
    assert made == [(next_day, part) for part in PARTS]
    assert written == [LOTUS]
    assert prove(kept).day == next_day
    is_true(kept)


@pytest.mark.both_databases
def test_a_page_is_shown_with_the_lists_of_yesterday_where_somebody_else_goes_on_writing(
    kept: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def busy(_session: Session) -> None:
        raise SomebodyElseSaved("busy")

    monkeypatch.setattr(keeper, "lock_writes", busy)
    make_current(kept, JUNE_1 + timedelta(days=1))
    assert "2024-06-02" in caplog.text
    assert prove(kept).day == JUNE_1


@pytest.mark.both_databases
def test_other_rules_or_another_program_work_everything_out_anew(kept: Engine, monkeypatch: pytest.MonkeyPatch):
    with kept.begin() as connection:
        connection.execute(text("UPDATE firm_list_row SET best_state = 'meets_all'"))
    monkeypatch.setattr(keeper, "made_by", lambda: "other rules")
    make_current(kept, JUNE_1)
    is_true(kept)


def boards(engine: Engine, firm: str = BANYAN) -> str:
    row = listed(engine, firm)
    assert row is not None
    return str(row.boards)


def test_a_rule_counts_in_the_lists_from_the_day_on_which_it_takes_effect(
    kept: Engine, tmp_path: Path, own_rules: None
):
    use_rules_of(amended(tmp_path))
    make_current(kept, AMENDED_FROM - timedelta(days=1))
    assert "chinext not_met" in boards(kept)
    make_current(kept, AMENDED_FROM)
    assert "chinext unknown" in boards(kept)  # nobody has stated its market value
    is_true(kept)


def test_a_changed_file_of_rules_counts_from_the_next_look_at_the_lists(kept: Engine, tmp_path: Path, own_rules: None):
    make_current(kept, AMENDED_FROM)
    assert "chinext not_met" in boards(kept)
    use_rules_of(amended(tmp_path))
    assert prove(kept).differing > 0
    make_current(kept, AMENDED_FROM)
    assert "chinext unknown" in boards(kept)
    is_true(kept)
    use_rules_of(ROOT)
    make_current(kept, AMENDED_FROM)
    assert "chinext not_met" in boards(kept)


def test_a_reader_that_finds_nothing_to_do_writes_nothing(kept: Engine):
    written: list[str] = []
    event.listen(
        kept,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_rest: written.append(statement),
    )
    make_current(kept, JUNE_1)
    assert written
    assert {statement.split()[0] for statement in written} <= {"BEGIN", "SELECT"}


def test_a_row_that_somebody_changed_by_hand_is_found_by_the_proof_and_mended_by_the_rebuild(kept: Engine):
    with kept.begin() as connection:
        connection.execute(text("UPDATE firm_list_row SET points = 99 WHERE firm_id = :firm"), {"firm": LOTUS})
    proof = prove(kept)
    assert proof.differences == ((LOTUS, "points"), ("", "firm_list_count"))
    assert LOTUS in str(proof.message)
    assert rebuild(kept, JUNE_1) == 2
    is_true(kept)


@pytest.mark.parametrize("column", ["search", "signs"])
def test_a_row_that_a_search_would_miss_is_found_by_the_proof_and_mended_by_the_rebuild(kept: Engine, column: str):
    with kept.begin() as connection:
        connection.execute(text(f"UPDATE firm_list_row SET {column} = '1' WHERE firm_id = :firm"), {"firm": LOTUS})
    assert prove(kept).differences == ((LOTUS, "search"),)
    rebuild(kept, JUNE_1)
    is_true(kept)


def test_a_row_that_is_missing_or_too_much_is_found_too(kept: Engine):
    with kept.begin() as connection:
        connection.execute(text("DELETE FROM firm_list_row WHERE firm_id = :firm"), {"firm": LOTUS})
    assert {firm for firm, _column in prove(kept).differences} == {LOTUS}


def test_a_sign_in_touches_no_row(kept: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rows, "rows_of", lambda *_about: pytest.fail("nothing of a list has changed"))
    with Session(kept) as session, session.begin():
        audit.record(session, CONSOLE, "sign_in", "account:x", {}, at(JUNE_1))
    with kept.connect() as connection:
        assert connection.scalar(select(FirmListState.audit_id)) == 2


def test_a_firm_of_another_cohort_is_in_no_list_of_the_city(kept: Engine):
    with Session(kept) as session, session.begin():
        session.add(Firm(id="neeq:430025", cohort="neeq", name="石晶光电"))
        audit.record(session, CONSOLE, "import_stored", "import:9", {}, at(JUNE_1))
    assert listed(kept, "neeq:430025") is None
    is_true(kept)


def test_the_columns_of_the_parts_are_those_of_the_table():
    named = [name for names in rows.COLUMNS.values() for name in names]
    assert len(named) == len(set(named))
    assert {*named, "firm_id", "search", "signs"} == set(FirmListRow.__table__.c.keys())


def test_the_good_form_is_what_these_tests_think_it_is():
    assert [row[0] for row in good()[FINANCE][1:]] == [LOTUS, LOTUS, BANYAN]
