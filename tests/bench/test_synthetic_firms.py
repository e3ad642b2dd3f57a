"""The tables of the bench of sizes: the real import takes all of them, and no two firms are one."""

import csv
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from stdnum.cn import uscc

from bench import synthetic_firms
from bench.synthetic_firms import FORMS, MOST_FIRMS, UNTIL, Table, write_firms
from pipeline.intake.importing import ImportRequest, import_events, import_returns
from pipeline.store.database import engine_for, migrate
from pipeline.store.tables import Event, Firm, ReturnRow

FIRMS = 500
NOW = datetime(2026, 5, 2, 9, 0)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> list[Table]:
    return write_firms(tmp_path_factory.mktemp("firms"), FIRMS, seed=4)


def firms_of(table: Table) -> dict[str, str]:
    """code -> name, as the rows below title and headings say; names where the form has them."""
    with table.path.open(encoding="utf-8-sig", newline="") as stream:
        next(stream)
        return {row["统一社会信用代码"]: row.get("企业名称") or "" for row in csv.DictReader(stream)}


def store(engine: Engine, table: Table):  # type: ignore[no-untyped-def]
    request = ImportRequest.of(table.path, table.map_name, by="test", now=NOW, today=UNTIL, source=table.source)
    return (import_events if table.source is None else import_returns)(engine, request)


def test_every_table_is_imported_without_a_refusal(tables: list[Table], tmp_path: Path):
    engine = engine_for(f"sqlite:///{tmp_path / 'firms.sqlite'}")
    migrate(engine)
    assert [store(engine, table).rows for table in tables] == [table.rows for table in tables]
    with Session(engine) as session:
        assert session.scalar(select(func.count()).select_from(Firm)) == FIRMS
        years = session.execute(
            select(func.count(func.distinct(ReturnRow.year)))
            .where(ReturnRow.return_id == 1)
            .group_by(ReturnRow.firm_id)
        )
        assert 4 < sum(count for (count,) in years) / FIRMS <= 5
        assert session.scalar(select(func.count()).select_from(Event)) == tables[-1].rows > 0
    engine.dispose()


def test_every_code_is_valid_by_another_reading_of_the_standard(tables: list[Table]):
    codes = list(firms_of(tables[0]))
    assert len(codes) == FIRMS
    assert all(uscc.is_valid(code) for code in codes)
    wrong = [code[:-1] + ("1" if code[-1] != "1" else "2") for code in codes]
    assert not any(uscc.is_valid(code) for code in wrong)


def test_each_firm_is_told_of_on_several_forms(tables: list[Table]):
    by_form = [set(firms_of(table)) for table in tables[: len(FORMS)]]
    assert by_form[0] == by_form[1] == by_form[2] == by_form[3]
    assert by_form[4] <= by_form[0]
    assert 0.9 * tables[1].rows < tables[4].rows < tables[1].rows
    assert 0 < len(by_form[5]) < FIRMS
    assert set(firms_of(tables[-1])) < by_form[0]


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tables: list[Table], tmp_path: Path):
    def contents(written: list[Table]) -> list[tuple[str, str]]:
        return [(table.path.name, sha256(table.path.read_bytes()).hexdigest()) for table in written]

    assert contents(write_firms(tmp_path / "again", FIRMS, seed=4)) == contents(tables)
    other = contents(write_firms(tmp_path / "other", FIRMS, seed=5))
    assert [name for name, _ in other] == [table.path.name for table in tables]
    assert all(one[1] != another[1] for one, another in zip(other, contents(tables), strict=True))


def test_chunks_share_no_firm_and_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(synthetic_firms, "FIRMS_A_CHUNK", 60)
    written = write_firms(tmp_path, 150)
    of_chunks = [firms_of(table) for table in written if "企业基本信息" in table.path.name]
    assert [len(chunk) for chunk in of_chunks] == [60, 60, 30]
    assert len({code for chunk in of_chunks for code in chunk}) == 150
    assert len({name for chunk in of_chunks for name in chunk.values()}) == 150
    events = [table for table in written if table.source is None]
    assert all(firms_of(table).items() <= chunk.items() for table, chunk in zip(events, of_chunks, strict=True))


def test_firms_from_a_later_number_are_others(tables: list[Table], tmp_path: Path):
    later = write_firms(tmp_path, 30, seed=4, first=FIRMS)
    assert not set(firms_of(later[0])) & set(firms_of(tables[0]))


@pytest.mark.parametrize(("firms", "first"), [(0, 0), (MOST_FIRMS + 1, 0), (2, MOST_FIRMS - 1)])
def test_more_firms_than_codes_and_names_are_refused_before_anything_is_written(firms: int, first: int, tmp_path: Path):
    with pytest.raises(ValueError, match="codes and names"):
        write_firms(tmp_path / "none", firms, first=first)
    assert not (tmp_path / "none").exists()
