"""How a firm stands to the boards: its stored rows say what would be worked out, and are not read when they are old."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from pipeline.rules.evaluation import evaluate
from pipeline.rules.reports import board_tables, check
from pipeline.store.tables import Firm, FirmBoardRow, FirmListState
from scoring.firm_list import standings
from scoring.firm_list.keeper import keep_lists, prove, rebuild
from scoring.firm_list.standings import firm_standings
from tests.pipeline.intake.workbooks import BANYAN, LOTUS, write
from tests.scoring.firm_list.test_keeper import JUNE_1, bring


@pytest.fixture
def kept(engine: Engine, tmp_path: Path) -> Engine:
    keep_lists(engine, lambda: JUNE_1)
    bring(engine, write(tmp_path / "first.xlsx"))
    return engine


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standings, "_worked_out", lambda *_about: pytest.fail("the rules were evaluated"))


def test_the_stored_standings_say_what_is_worked_out_anew(kept: Engine, monkeypatch: pytest.MonkeyPatch):
    with kept.connect() as connection:
        anew = {firm: standings._worked_out(connection, firm, "city", JUNE_1) for firm in (LOTUS, BANYAN)}
        forbid(monkeypatch)
        for firm, expected in anew.items():
            stored = firm_standings(connection, firm, "city", JUNE_1)
            assert len(stored.standings) == 6
            assert stored == expected


def test_what_is_behind_one_board_s_line_is_what_all_boards_together_say(kept: Engine):
    known = check.inputs(kept, JUNE_1, firms=[LOTUS])
    together = {row.standing.board: row for row in board_tables.firm_boards(evaluate.check(*known, JUNE_1), LOTUS)}
    for board, of_all in together.items():
        (alone,) = board_tables.firm_boards(evaluate.check(*known, JUNE_1, boards=[board]), LOTUS)
        assert alone.standing.nearest == of_all.standing.nearest
        assert alone.standing.states == of_all.standing.states
        assert list(map(str, alone.gaps)) == list(map(str, of_all.gaps))
        assert alone.bars == of_all.bars
        assert str(alone.conditions) == str(of_all.conditions)


@pytest.mark.parametrize("old", [{"day": date(2024, 5, 31)}, {"audit_id": 0}, {"made_by": "another program"}])
def test_lists_that_are_not_of_today_are_not_believed(kept: Engine, old: dict[str, object]):
    with Session(kept) as session, session.begin():
        session.execute(update(FirmBoardRow).values(meets="meets_all"))
    with kept.connect() as connection:
        assert {each.meets for each in firm_standings(connection, LOTUS, "city", JUNE_1).standings} == {"meets_all"}
    with kept.begin() as connection:
        connection.execute(update(FirmListState).values(**old))
    with kept.connect() as connection:
        said = firm_standings(connection, LOTUS, "city", JUNE_1)
        assert said == standings._worked_out(connection, LOTUS, "city", JUNE_1)
        assert {each.meets for each in said.standings} != {"meets_all"}


def test_a_firm_of_another_cohort_is_worked_out_and_one_without_a_return_stands_nowhere(kept: Engine):
    with Session(kept) as session, session.begin():
        session.add(Firm(id="neeq:430025", cohort="neeq", name="石晶光电"))
        session.add(Firm(id="91440700MA0000000X", cohort="city", name="无报表"))
    rebuild(kept, JUNE_1)
    with kept.connect() as connection:
        assert firm_standings(connection, "neeq:430025", "neeq", JUNE_1).standings == []
        silent = firm_standings(connection, "91440700MA0000000X", "city", JUNE_1)
    assert (silent.standings, silent.best) == ([], None)


def test_a_wrong_a_missing_and_a_stray_row_of_a_board_are_found_and_mended(kept: Engine):
    with Session(kept) as session, session.begin():
        of_lotus = session.scalars(
            select(FirmBoardRow).where(FirmBoardRow.firm_id == LOTUS, FirmBoardRow.board == "bse")
        )
        of_lotus.one().gap_share = 0.125
        session.delete(session.get_one(FirmBoardRow, {"firm_id": LOTUS, "board": "star"}))
    proof = prove(kept)
    assert {firm for firm, _column in proof.differences} == {LOTUS}
    assert (LOTUS, "bse gap_share") in proof.differences
    assert proof.differing > 1
    rebuild(kept, JUNE_1)
    assert prove(kept).differing == 0


def test_only_the_boards_of_firms_that_moved_are_written(kept: Engine, tmp_path: Path):
    with kept.begin() as connection:  # a mark that a write would wash away
        connection.execute(update(FirmBoardRow).where(FirmBoardRow.firm_id == BANYAN).values(nearest="marked"))
    from tests.pipeline.intake.workbooks import FINANCE, HEADINGS

    sheets = {FINANCE: [HEADINGS[FINANCE], [LOTUS, 2022, 9_000, 800, 9_500]]}
    bring(kept, write(tmp_path / "more.xlsx", sheets))
    with Session(kept) as session:
        marks = session.execute(select(FirmBoardRow.firm_id, FirmBoardRow.nearest)).all()
    assert {nearest for firm, nearest in marks if firm == BANYAN} == {"marked"}
    assert "marked" not in {nearest for firm, nearest in marks if firm == LOTUS}
