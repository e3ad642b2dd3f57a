"""The list of the pools that a city kept before comes in whole, or not at all, with a letter of every row to mend."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.errors import NotAllowed, WrongFile
from pipeline.pools import reviews
from pipeline.pools.deciding import reason_of
from pipeline.pools.kept_lists import entering, reading
from pipeline.store.pool_tables import PoolMembership, PoolProposal
from pipeline.store.tables import AuditEntry, Case
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import (
    CHEN,
    JIANGHAI,
    JUNE_1,
    LOTUS_CLERK,
    MAY_20,
    NOW,
    SECOND,
    found,
    points_only,
    pools,
    second_signs,
)

ON_SQLITE_ALONE = True
HEADS = ["序号", "企业名称", "统一社会信用代码", "所在库", "入库日期"]
WHY = "金融局 2023 年名单"


def workbook(folder: Path, *rows: tuple[object, ...], heads: list[str] = HEADS) -> Path:
    book = openpyxl.Workbook()
    for row in (["江海金种子名单"], heads, *rows):
        book.active.append(list(row))
    book.save(folder / "list.xlsx")
    return folder / "list.xlsx"


def enter(engine, kept, by=CHEN, signed_by=None, why=WHY):
    with Session(engine) as session, session.begin():
        return entering.enter(session, kept, why, by, JUNE_1, NOW, signed_by)


def with_second(engine):
    with Session(engine) as session, session.begin():
        second_signs(session)


def problems(engine, text, **more):
    with pytest.raises(WrongFile) as refused:
        enter(engine, reading.read_lines(text, JUNE_1), **more)
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(PoolMembership)) == 0
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
    return [str(one) for one in refused.value.problems]


def test_a_list_is_taken_over_with_its_days_its_cases_and_an_entry_in_the_trail(engine, tmp_path, monkeypatch):
    two_years = replace(points_only(), valid_months=24)
    monkeypatch.setattr(entering, "policy_in_force", lambda *_: two_years)
    found(engine)
    with_second(engine)
    rows = [(1, "莲芯", LOTUS, "种子库", "2022-03-01"), (2, "榕动", BANYAN, "金种子库", date(2023, 6, 30))]
    kept = reading.read_list(workbook(tmp_path, *rows), JUNE_1)
    entered = enter(engine, kept, signed_by=SECOND.name)
    assert (entered.seed, entered.golden, entered.cases_opened) == (1, 1, 2)
    assert pools(engine) == {LOTUS: "seed", BANYAN: "golden"}
    with Session(engine) as session:
        members = {one.firm_id: one for one in reviews.members(session, JUNE_1)}
        assert (members[LOTUS].entered_on, members[LOTUS].valid_until) == (date(2022, 3, 1), date(2026, 6, 1))
        assert [one.firm_id for one in reviews.members(session, date(2022, 3, 1))] == [LOTUS]  # on the day, not before
        assert reviews.members(session, date(2022, 2, 28)) == []
        assert set(session.scalars(select(Case.opened_on))) == {date(2022, 3, 1), date(2023, 6, 30)}
        proposal = session.scalars(select(PoolProposal).where(PoolProposal.firm_id == BANYAN)).one()
        assert (proposal.state, proposal.signed_by, proposal.why) == ("confirmed", SECOND.name, WHY)
        assert str(reason_of(proposal)) == "原有名单在册：list.xlsx 第 4 行。"
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "enter_pool_list")).one()
        assert (entry.details["file"], entry.details["seed"], entry.details["golden"]) == ("list.xlsx", 1, 1)
        assert entry.details["firms"] == sorted([LOTUS, BANYAN])
        audit.verify(session)


def test_the_same_comes_in_as_it_is_typed_with_blanks_or_commas(engine):
    found(engine)
    enter(engine, reading.read_lines(f"{LOTUS} 种子库 2022-03-01\n\n{KAPOK}，seed，2023/5/6", JUNE_1))
    assert pools(engine) == {LOTUS: "seed", KAPOK: "seed"}


def test_a_wrong_row_is_named_with_what_to_write_and_nothing_of_the_list_is_stored(engine):
    found(engine)
    happened(engine, KAPOK, "listed", date(2024, 1, 5))
    told = problems(
        engine,
        f"{LOTUS} 种子库 2022-03-01\n{BANYAN} 铜种子库 2022-03-01\n{LOTUS[:-1]}X 种子库 2022-03-01\n"
        f"{LOTUS} 种子库 2024-06-02\n{LOTUS} 种子库 2022-04-01\n91440703MA00000000 种子库\n{KAPOK} 种子库 2022-03-01",
    )
    expected = (
        "B2 铜种子库 种子库、金种子库",
        "A3 校验",
        "C4 2024-06-02",
        "A5 第 1 行已出现",
        "A6 校验",
        "C6 未写入库日期",
    )
    expected += ("A7 已上市",)
    for line in expected:
        assert [text for text in told if all(word in text for word in line.split())], line
    assert len(told) == len(expected)  # nothing is held against the first row, nor twice against another


def test_a_firm_that_nobody_knows_is_in_a_pool_or_would_be_too_many_is_refused(engine, monkeypatch):
    found(engine, LOTUS, BANYAN)
    assert "没有此代码" in problems(engine, f"{LOTUS} seed 2022-03-01\n{KAPOK} seed 2022-03-01")[0]
    lines = f"{LOTUS} 金种子 2022-03-01"
    assert "没有此代码" in problems(engine, lines, by=JIANGHAI)[0]  # a firm of another district
    enter(engine, reading.read_lines(f"{LOTUS} seed 2022-03-01", JUNE_1))
    with pytest.raises(WrongFile) as refused:
        enter(engine, reading.read_lines(f"{BANYAN} seed 2022-03-01\n{LOTUS} seed 2022-03-01", JUNE_1))
    assert "自 2022-03-01 起已在种子库" in str(refused.value)
    assert pools(engine) == {LOTUS: "seed"}
    one_place = replace(points_only(), seed=replace(points_only().seed, cap=1))
    monkeypatch.setattr(entering, "policy_in_force", lambda *_: one_place)
    with pytest.raises(WrongFile, match="有 1 个名额，已用 1 个，名单需要 1 个"):
        enter(engine, reading.read_lines(f"{BANYAN} seed 2022-03-01", JUNE_1))


def test_entry_to_the_golden_seed_pool_is_signed_by_a_second_person_and_the_reason_is_asked_for(engine):
    found(engine)
    with_second(engine)
    golden = reading.read_lines(f"{LOTUS} golden 2022-03-01", JUNE_1)
    with pytest.raises(NotAllowed, match="两人签字"):
        enter(engine, golden)
    with pytest.raises(NotAllowed):
        enter(engine, golden, signed_by=CHEN.name)
    with pytest.raises(NotAllowed):
        enter(engine, golden, by=LOTUS_CLERK, signed_by=SECOND.name)
    with pytest.raises(entering.NotEntered):
        enter(engine, golden, signed_by=SECOND.name, why=" ")
    assert pools(engine) == {}
    enter(engine, golden, signed_by=SECOND.name)
    assert pools(engine) == {LOTUS: "golden"}


@pytest.mark.parametrize(
    ("rows", "letter"),
    [
        ([], "名单中没有企业"),
        (None, "没有一张表有入库名单所需的列名"),
    ],
)
def test_a_file_without_headings_or_rows_says_what_is_missing(tmp_path, rows, letter):
    heads = HEADS if rows is not None else ["企业", "备注"]
    kept = reading.read_list(workbook(tmp_path, heads=heads), MAY_20)
    assert letter in str(kept.problems[0])
