"""A later return of the same source closes the questions that it mends, and no others; taken back, it mends none."""

import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.plausibility import cross_checks
from pipeline.intake.storing import findings
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.language import CHINESE, ENGLISH, speaking
from pipeline.store.tables import AuditEntry
from tests.pipeline.intake.workbooks import BANYAN, CODE, FINANCE, HEADINGS, LOTUS, PEOPLE, YEAR, good, write

ON_SQLITE_ALONE = True

JUNE, JULY, AUGUST = (datetime(2024, month, 1, 9) for month in (6, 7, 8))
#: 41,002,500 in a column of 万元 is 元.
SLIP = {"C3": 41_002_500}


def store(engine: Engine, path, source=None, now=JUNE, by="陈（虚构）", **options):
    return importing.import_returns(
        engine, ImportRequest.of(path, "city", by=by, now=now, today=now.date(), source=source, **options)
    )


def sheet(path, *rows, name=FINANCE, headings=None):
    """A file of one sheet."""
    return write(path, {name: [headings or HEADINGS[name], *[list(row) for row in rows]]})


def told(engine, state="open", **options):
    """(firm, year, kind, fact) of the findings in a state."""
    return {
        (one.firm_id, one.year, one.kind, one.field) for one in findings.list_findings(engine, state=state, **options)
    }


SLIPPED = (LOTUS, 2023, "unit_yuan_for_wan", "revenue_cny")


@pytest.mark.both_databases
def test_a_restated_figure_closes_its_finding_and_says_by_which_import_and_from_what_to_what(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx", **SLIP))
    assert told(engine) == {SLIPPED}
    by = store(engine, sheet(tmp_path / "again.xlsx", [LOTUS, 2023, 4100.25, None, None]), now=JULY, by="林（虚构）")
    assert told(engine) == set()
    (closed,) = findings.list_findings(engine, state="corrected")
    assert (closed.settled_by, closed.settled_by_import, closed.settled_by_file) == (
        "林（虚构）",
        by.import_id,
        "again.xlsx",
    )
    assert closed.settled_at == JULY
    why = {}
    for language in (CHINESE, ENGLISH):
        with speaking(language):
            why[language] = str(findings.list_findings(engine, state="corrected")[0].settled_why)
    assert why == {
        CHINESE: "第 2 次导入重新填报：2023 年营业收入 41002500 → 4100.25 万元。",
        ENGLISH: "Import 2 states it anew: Revenue of 2023 41002500 → 4100.25 万元.",
    }
    assert by.corrected == 1
    assert "1" in str(by.notices[-1])
    with Session(engine) as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action != "import_stored"))
        assert (entry.person, entry.action, entry.subject) == ("林（虚构）", "findings_corrected", "import:2")
        assert entry.details["finding_numbers"] == str(closed.id)
        assert [each.id for each in audit.entries(session, audit.AuditFilter(firm=LOTUS))] == [entry.id]
        assert audit.entries(session, audit.AuditFilter(firm=BANYAN)) == []
        assert audit.verify_all(session) == 3


@pytest.mark.parametrize(
    ("rows", "source"),
    [
        ([[LOTUS, 2023, 4100.25, -35.5, 5600]], "tax"),  # another source says so; the return still says what it said
        ([[LOTUS, 2023, 41_002_500, -30, 5600]], None),  # the same figure once more
        ([[LOTUS, 2023, None, -30, 5600]], None),  # a blank takes nothing back
        ([[LOTUS, 2022, 3300, 210, 5100]], None),  # another year, beside which it is as odd as before
        ([[BANYAN, 2023, 15900, 1900, 22000]], None),  # another firm
    ],
    ids=["another source", "same figure", "blank", "another year", "another firm"],
)
def test_what_does_not_change_the_figure_leaves_its_finding_open(engine, tmp_path, rows, source):
    store(engine, write(tmp_path / "form.xlsx", **SLIP))
    (before,) = [one.id for one in findings.list_findings(engine)]
    report = store(engine, sheet(tmp_path / "next.xlsx", *rows), source, now=JULY)
    assert before in [one.id for one in findings.list_findings(engine, import_id=1)]
    assert report.corrected == 0


def test_a_further_year_closes_nothing_also_where_it_silences_the_check_and_other_firms_are_mended(engine, tmp_path):
    wrong = [
        [LOTUS, 2022, 300, 10, 800],
        [LOTUS, 2023, 3_100_000, 11, 810],
        [BANYAN, 2022, 400, 10, 900],
        [BANYAN, 2023, 4_100_000, 12, 950],
    ]
    store(engine, sheet(tmp_path / "a.xlsx", *wrong))
    assert told(engine, kinds=["unit_"]) == {(LOTUS, 2023, *SLIPPED[2:]), (BANYAN, 2023, *SLIPPED[2:])}
    # Beside 3,000,000 in 2021 a 3,100,000 in 2023 is not thousands of times the other years.
    more = [[LOTUS, 2021, 3_000_000, 9, 790], [BANYAN, 2023, 410, 12, 950]]
    store(engine, sheet(tmp_path / "b.xlsx", *more), now=JULY)
    assert told(engine, kinds=["unit_"], import_id=1) == {(LOTUS, 2023, *SLIPPED[2:])}


def test_an_explained_finding_stays_explained(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx", **SLIP))
    settle(engine, findings.list_findings(engine)[0].id, "explained")
    store(engine, write(tmp_path / "again.xlsx"), now=JULY)
    (kept,) = findings.list_findings(engine, state="explained")
    assert (kept.settled_by, kept.settled_why, kept.settled_by_import) == ("王（虚构）", "已核实", None)
    assert told(engine, "corrected") == set()


def settle(engine, number, state, why="已核实"):
    with Session(engine) as session, session.begin():
        findings.settle_finding(session, number, state, why, by="王（虚构）", now=JULY)


def test_a_figure_that_is_still_odd_is_asked_about_once_where_it_stands_last(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx", **SLIP))
    again = store(engine, write(tmp_path / "again.xlsx", C3=41_002_600), now=JULY)
    (left,) = findings.list_findings(engine)
    assert (left.import_id, left.found) == (again.import_id, "41002600")
    (closed,) = findings.list_findings(engine, state="corrected")
    with speaking(ENGLISH):
        why = str(findings.list_findings(engine, state="corrected")[0].settled_why)
    assert closed.settled_by_import == again.import_id
    assert why.endswith("41002500 → 41002600 万元. What is odd about that is asked there.")


def test_a_part_is_no_longer_larger_than_a_whole_that_was_mended(engine, tmp_path):
    def people(file, *row):
        headings = [*HEADINGS[PEOPLE], "研发人员"]
        return sheet(tmp_path / file, [LOTUS, 2023, *row], name=PEOPLE, headings=headings)

    store(engine, people("a.xlsx", 50, 180, 60))
    part = (LOTUS, 2023, "part_over_whole", "rd_staff")
    assert told(engine) == {part}
    # 58 with a slack of 2 % is still less than 60; 59 is enough.
    store(engine, people("b.xlsx", 58), now=JULY)
    assert told(engine) == {part}
    store(engine, people("c.xlsx", 59), now=JULY)
    assert told(engine) == set()
    with speaking(ENGLISH):
        (closed,) = findings.list_findings(engine, state="corrected")
        assert str(closed.settled_why) == "Import 3 states it anew: Staff of 2023 58 → 59."


def test_a_market_value_is_mended_by_itself_or_by_the_profit_that_it_was_held_against(engine, tmp_path):
    def money(file, value):
        sheet_of = [[CODE, YEAR, "预计市值（万元）"], [LOTUS, 2023, value]]
        return write(
            tmp_path / file, {"融资与治理": sheet_of, FINANCE: [HEADINGS[FINANCE], [LOTUS, 2023, 4100, 410, 5600]]}
        )

    store(engine, money("a.xlsx", 24601))  # 20 times 4.1 million are 82 million, and three times that 246
    value = (LOTUS, 2023, "market_value", "expected_market_value_cny")
    assert told(engine) == {value}
    store(engine, sheet(tmp_path / "b.xlsx", [LOTUS, 2023, 4100, 410.01, 5600]), now=JULY)
    assert told(engine) == {value}
    store(engine, sheet(tmp_path / "c.xlsx", [LOTUS, 2023, 4100, 411, 5600]), now=AUGUST)
    assert told(engine) == set()


def test_growth_is_mended_by_the_year_before_and_not_by_the_year_after(engine, tmp_path):
    store(engine, sheet(tmp_path / "a.xlsx", [LOTUS, 2022, 300, 10, 800], [LOTUS, 2023, 3600, 35, 5600]))
    odd = (LOTUS, 2023, "growth", "revenue_cny")  # 12 times
    assert told(engine) == {odd}
    store(engine, sheet(tmp_path / "b.xlsx", [LOTUS, 2022, 301, 10, 800]), now=JULY)
    assert told(engine) == {odd}
    store(engine, sheet(tmp_path / "c.xlsx", [LOTUS, 2022, 1300, 10, 800]), now=JULY)
    assert told(engine) == set()


def test_a_row_copied_from_another_year_is_mended_by_either_year(engine, tmp_path):
    copied = [4100.25, 35.5, 5600]
    people = [[LOTUS, 2022, 45, 180], [LOTUS, 2023, 52, 180]]
    rows = {
        FINANCE: [HEADINGS[FINANCE], [LOTUS, 2022, *copied], [LOTUS, 2023, *copied]],
        PEOPLE: [HEADINGS[PEOPLE], *people],
    }
    store(engine, write(tmp_path / "a.xlsx", rows))
    assert {kind for _firm, _year, kind, _field in told(engine)} == {"copied_year"}
    (asked,) = findings.list_findings(engine)
    other = ({2022, 2023} - {asked.year}).pop()
    store(engine, sheet(tmp_path / "b.xlsx", [LOTUS, other, *copied]), now=JULY)
    assert {kind for _firm, _year, kind, _field in told(engine, import_id=1)} == {"copied_year"}
    store(engine, sheet(tmp_path / "c.xlsx", [LOTUS, other, 3200.5, 35.5, 5600]), now=JULY)
    assert told(engine, import_id=1) == set()


def test_a_row_copied_from_another_firm_is_mended_by_that_firm(sqlite_engine, tmp_path):
    copied = [4100.25, 35.5, 5600]
    rows = {
        FINANCE: [HEADINGS[FINANCE], [LOTUS, 2023, *copied], [BANYAN, 2023, *copied]],
        PEOPLE: [HEADINGS[PEOPLE], [LOTUS, 2023, 52, 180], [BANYAN, 2023, 52, 180]],
    }
    store(sqlite_engine, write(tmp_path / "a.xlsx", rows))
    (asked,) = findings.list_findings(sqlite_engine, kinds=["copied_firm"])
    other = ({LOTUS, BANYAN} - {asked.firm_id}).pop()
    store(sqlite_engine, sheet(tmp_path / "b.xlsx", [other, 2023, 3900, 30, 5100]), now=JULY)
    assert told(sqlite_engine) == set()


def test_the_figures_of_a_year_that_was_not_over_are_mended_once_it_is(sqlite_engine, tmp_path):
    store(sqlite_engine, sheet(tmp_path / "a.xlsx", [LOTUS, 2024, 4100.25, 35.5, 5600]))
    early = (LOTUS, 2024, "year_not_over", "year")
    assert told(sqlite_engine) == {early}
    store(sqlite_engine, sheet(tmp_path / "b.xlsx", [LOTUS, 2024, 4100.25, 35.5, 5600]), now=datetime(2025, 3, 1))
    assert told(sqlite_engine) == {early}  # the same figures: nobody looked at the whole year
    store(sqlite_engine, sheet(tmp_path / "c.xlsx", [LOTUS, 2024, 7900.5, 35.5, 5600]), now=datetime(2025, 4, 1))
    assert told(sqlite_engine) == set()


def test_a_name_is_mended_when_it_is_the_known_one_again(sqlite_engine, tmp_path):
    def named(file, *names):
        rows = [[firm, 2023, name] for firm, name in zip((LOTUS, BANYAN), names, strict=False)]
        return sheet(tmp_path / file, *rows, name="企业基本信息", headings=[CODE, YEAR, "企业名称"])

    store(sqlite_engine, named("a.xlsx", "莲芯（虚构）"))
    store(sqlite_engine, named("b.xlsx", "连芯（虚构）"), now=JULY)
    other = (LOTUS, 2023, "other_name", "name")
    assert told(sqlite_engine) == {other}
    store(sqlite_engine, named("c.xlsx", "连芯（虚构）", "榕树（虚构）"), now=AUGUST)
    assert told(sqlite_engine) == {other}
    store(sqlite_engine, named("d.xlsx", "莲芯（虚构）", "榕树（虚构）"), now=AUGUST)
    assert told(sqlite_engine, import_id=2) == set()


def test_the_firms_that_an_import_or_its_undo_renames_stand_in_its_entry_and_no_others(engine, tmp_path):
    def named(file: str, *names: str) -> Path:
        rows = [[firm, 2023, name] for firm, name in zip((LOTUS, BANYAN), names, strict=True)]
        return sheet(tmp_path / file, *rows, name="企业基本信息", headings=[CODE, YEAR, "企业名称"])

    def rows() -> list[set[str]]:
        with Session(engine) as session:
            audit.verify_all(session)
            entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
            return [set((entry.rows or {}).get("firm", {})) for entry in entries if entry.action.startswith("import_")]

    store(engine, named("a.xlsx", "莲芯（虚构）", "榕树（虚构）"))
    second = store(engine, named("b.xlsx", "连芯（虚构）", "榕树（虚构）"), now=JULY)
    imports.undo(engine, second.import_id, by="王（虚构）", now=JULY)
    assert rows() == [{LOTUS, BANYAN}, {LOTUS}, {LOTUS}]


@pytest.mark.both_databases
def test_an_undo_opens_again_what_the_import_had_closed_and_the_same_file_closes_it_once_more(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx", **SLIP))
    good_again = write(tmp_path / "again.xlsx")
    second = store(engine, good_again, now=JULY)
    undone = imports.undo(engine, second.import_id, by="王（虚构）", now=JULY)
    assert undone.reopened == 1
    (opened,) = findings.list_findings(engine)
    assert all(
        getattr(opened, name) is None for name in ("settled_by", "settled_at", "settled_why", "settled_by_import")
    )
    third = store(engine, good_again, now=AUGUST)
    assert told(engine) == set()
    assert findings.list_findings(engine, state="corrected")[0].settled_by_import == third.import_id
    with Session(engine) as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
        assert audit.verify_all(session) == len(actions)
    assert actions == [
        "import_stored",
        "findings_corrected",
        "import_stored",
        "import_undone",
        "findings_reopened",
        "findings_corrected",
        "import_stored",
    ]


@pytest.mark.parametrize("state", ["explained", "corrected", "open"])
def test_an_undo_leaves_what_a_person_settled_in_between(engine, tmp_path, state):
    store(engine, write(tmp_path / "form.xlsx", **SLIP))
    second = store(engine, write(tmp_path / "again.xlsx"), now=JULY)
    settle(engine, findings.list_findings(engine, state="corrected")[0].id, state, "import:2")
    assert imports.undo(engine, second.import_id, by="t", now=AUGUST).reopened == 0
    (kept,) = findings.list_findings(engine, state=None)
    assert (kept.state, kept.settled_why, kept.settled_by_import) == (state, "import:2", None)


@pytest.mark.parametrize(("revenue", "apart"), [(3950, False), (4050, True)])
def test_a_contradiction_is_closed_where_the_sources_agree_and_goes_on_with_the_new_figure_where_not(
    engine, tmp_path, revenue, apart
):
    store(engine, write(tmp_path / "form.xlsx"))
    store(engine, write(tmp_path / "tax.xlsx", C3=3900), source="tax", now=JULY)  # of 4100.25: 4.9 % apart
    again = store(engine, write(tmp_path / "again.xlsx", C3=revenue), now=AUGUST)
    (closed,) = cross_checks.list_cross_checks(engine, state="corrected")
    assert (closed.settled_by_import, closed.own.value, closed.other.value) == (again.import_id, 3.9e7, 41_002_500)
    waiting = [(one.own.value, one.other.value) for one in cross_checks.list_cross_checks(engine)]
    assert waiting == ([(4.05e7, 3.9e7)] if apart else [])  # 3.7 % apart; 1.3 % is within the tolerance
    imports.undo(engine, again.import_id, by="t", now=AUGUST)
    waiting = [(one.own.value, one.other.value) for one in cross_checks.list_cross_checks(engine)]
    assert waiting == [(3.9e7, 41_002_500)]


@pytest.mark.both_databases
@pytest.mark.parametrize("rows", [[[LOTUS, 2023, 4100.25, -30, 5600]], [[LOTUS, 2023, None, -35.5, 5700]]])
@pytest.mark.parametrize("state", ["open", "explained"])
def test_a_contradiction_stands_once_and_as_it_was_where_its_figure_is_the_same_again(engine, tmp_path, rows, state):
    store(engine, write(tmp_path / "form.xlsx"))
    store(engine, write(tmp_path / "tax.xlsx", C3=3900), source="tax", now=JULY)
    (asked,) = cross_checks.list_cross_checks(engine)
    if state == "explained":
        with Session(engine) as session, session.begin():
            cross_checks.settle_cross_check(session, asked.id, state, "口径不同", by="王（虚构）", now=JULY)
    store(engine, sheet(tmp_path / "again.xlsx", *rows), now=AUGUST)
    revenue = [one for one in cross_checks.list_cross_checks(engine, state=None) if one.fact == "revenue_cny"]
    assert [(one.id, one.state) for one in revenue] == [(asked.id, state)]


def test_a_figure_that_comes_back_to_an_explained_contradiction_leaves_no_question(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx"))
    store(engine, write(tmp_path / "tax.xlsx", C3=3900), source="tax", now=JULY)
    (asked,) = cross_checks.list_cross_checks(engine)
    with Session(engine) as session, session.begin():
        cross_checks.settle_cross_check(session, asked.id, "explained", "口径不同", by="王（虚构）", now=JULY)
    store(engine, write(tmp_path / "other.xlsx", C3=4050), now=JULY)
    assert [one.other.value for one in cross_checks.list_cross_checks(engine)] == [3.9e7]
    store(engine, sheet(tmp_path / "back.xlsx", [LOTUS, 2023, 4100.25, None, None]), now=AUGUST)
    assert cross_checks.list_cross_checks(engine) == []
    assert [one.id for one in cross_checks.list_cross_checks(engine, state="explained")] == [asked.id]


def test_a_contradiction_outlives_the_first_return_that_states_its_figure(engine, tmp_path):
    first = store(engine, write(tmp_path / "form.xlsx"))
    store(engine, write(tmp_path / "tax.xlsx", C3=3900), source="tax", now=JULY)
    store(engine, write(tmp_path / "again.xlsx", D3=-35), now=AUGUST)
    (before,) = cross_checks.list_cross_checks(engine)
    imports.undo(engine, first.import_id, by="t", now=AUGUST)
    (after,) = cross_checks.list_cross_checks(engine)
    assert (after.id, after.other.file, before.other.file) == (before.id, "again.xlsx", "form.xlsx")


@pytest.mark.both_databases
def test_a_correction_of_many_rows_asks_no_question_a_row(engine, tmp_path):
    from tests.pipeline.intake.workbooks import with_check_digits

    firms = [with_check_digits(f"91440703MA5C{number:04d}") for number in range(60)]
    counts = []
    for size in (2, 60):
        wrong = [
            [firm, year, 5_000_000 + 1_000 * year + place, 10, None]
            for place, firm in enumerate(firms[:size])
            for year in (2022 - size % 7, 2023 - size % 7)
        ]
        people = [[firm, year, 20, 180] for firm, year, *_rest in wrong]
        book = {FINANCE: [HEADINGS[FINANCE], *wrong], PEOPLE: [HEADINGS[PEOPLE], *people]}
        store(engine, write(tmp_path / f"wrong{size}.xlsx", book))
        right = [[firm, year, revenue / 10_000, *rest] for firm, year, revenue, *rest in wrong]
        statements = []
        event.listen(engine, "before_cursor_execute", lambda *args, said=statements: said.append(args[2]))
        report = store(engine, sheet(tmp_path / f"right{size}.xlsx", *right), now=JULY)
        assert report.corrected >= 2 * size
        counts.append(len(statements))
    assert told(engine, kinds=["unit_"]) == set()
    # A few more: by then there are returns of other forms, each of which is read by itself.
    assert counts[1] <= counts[0] + 6


def test_an_import_that_mends_many_firms_names_each_of_them_in_the_trail(sqlite_engine, tmp_path):
    from tests.pipeline.intake.workbooks import with_check_digits

    firms = sorted(with_check_digits(f"91440703MA5C{number:04d}") for number in range(501))
    rows = {
        FINANCE: [HEADINGS[FINANCE], *[[firm, 2023, 5_000_000 + at, 10, None] for at, firm in enumerate(firms)]],
        PEOPLE: [HEADINGS[PEOPLE], *[[firm, 2023, 20, 180] for firm in firms]],
    }
    store(sqlite_engine, write(tmp_path / "wrong.xlsx", rows))
    right = [[firm, 2023, 500 + at / 100, None, None] for at, firm in enumerate(firms)]
    second = store(sqlite_engine, sheet(tmp_path / "right.xlsx", *right), now=JULY)
    with Session(sqlite_engine) as session:
        corrected = select(AuditEntry).where(AuditEntry.action == "findings_corrected").order_by(AuditEntry.id)
        entries = list(session.scalars(corrected))
        assert [len(entry.details["firms"]) for entry in entries] == [500, 1]
        assert sum(entry.details["findings"] for entry in entries) == second.corrected
        for firm, entry in ((firms[0], entries[0]), (firms[-1], entries[1])):
            assert [each.id for each in audit.entries(session, audit.AuditFilter(firm=firm))] == [entry.id]


_KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from sqlalchemy import event
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.store.database import engine_for

engine, path = engine_for(sys.argv[1]), sys.argv[2]

@event.listens_for(engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if statement.strip().startswith("UPDATE import_finding"):
        os.kill(os.getpid(), signal.SIGKILL)

now = datetime(2024, 8, 1)
if path.isdigit():
    imports.undo(engine, int(path), by="t", now=now)
else:
    importing.import_returns(engine, importing.ImportRequest.of(Path(path), "city", by="t", now=now, today=now.date()))
"""


@pytest.mark.both_databases
def test_an_import_or_undo_killed_while_it_settles_findings_leaves_all_as_it_was(engine, tmp_path):
    store(engine, write(tmp_path / "form.xlsx", **SLIP))
    again = write(tmp_path / "again.xlsx")
    url = engine.url.render_as_string(hide_password=False)

    def killed(what):
        done = subprocess.run([sys.executable, "-c", _KILLED, url, str(what)], check=False, timeout=120)
        return done.returncode == -signal.SIGKILL

    assert killed(again)
    assert told(engine) == {SLIPPED}
    assert len(imports.list_imports(engine)) == 1
    second = store(engine, again, now=JULY)
    assert killed(second.import_id)
    assert told(engine, "corrected") == {SLIPPED}
    assert [one.state for one in imports.list_imports(engine)] == ["stored", "stored"]


def test_the_whole_form_once_more_closes_nothing(sqlite_engine, tmp_path):
    store(sqlite_engine, write(tmp_path / "form.xlsx", **SLIP))
    book = good()
    book[FINANCE][2][2] = SLIP["C3"]
    book[PEOPLE][1][2] = 46  # one headcount apart from the figure asked about
    assert store(sqlite_engine, write(tmp_path / "again.xlsx", book), now=JULY).corrected == 0
