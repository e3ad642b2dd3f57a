"""What an import, its preview and its undo read grows with the file and not with what is stored.

Measured without a clock: on SQLite in the steps that the database takes, on PostgreSQL in the rows that it sends.
"""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Engine, event, func, select

from pipeline import facts
from pipeline.intake import importing
from pipeline.intake.history import imports
from pipeline.intake.plausibility.doubted_figures import asked_about
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.store.firm_selection import FirmRange
from pipeline.store.tables import CrossCheck, ImportFinding

TODAY, NOW = date(2024, 6, 1), datetime(2024, 6, 1, 9)
HEADINGS = (
    "证券代码,证券简称,会计年度,营业收入(万元),净利润(万元),营业收入增长率(%),净利润增长率(%),毛利率(%),净利率(%),净资产收益率(%),资产负债率(%),"
    "流动比率,速动比率,存货周转率(次),应收账款周转天数(天),产权比率,每股收益(元),每股净资产(元)"
)
#: More than any IN (...) of the program names at once.
FIRMS = 600
STEP = 50


class Reading:
    """Counts what the database does while something runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._count = engine, 0
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", lambda raw, _: raw.set_progress_handler(self._step, STEP))
            engine.dispose()
        else:
            event.listen(engine, "after_cursor_execute", self._sent)

    def _step(self) -> int:
        self._count += 1
        return 0

    def _sent(self, _connection, cursor, statement, *_rest) -> None:
        if statement.lstrip().startswith("SELECT"):
            self._count += max(cursor.rowcount, 0)

    def of(self, action: Callable[[], object]) -> int:
        before = self._count
        action()
        return self._count - before


def row(firm: int, year: int, revenue: float, name: str = "") -> str:
    profit = round(revenue * 0.08, 2)
    figures = (revenue, profit, 3, 2, 31.5, 8, 9.5, 42, 1.8, 1.2, 5.5, 80, 0.72, 0.35, 2.4)
    return ",".join([f"{firm:06d}", name or f"新三板{firm:06d}", str(year), *map(str, figures)])


def returns(folder: Path, name: str, rows: list[str]) -> Path:
    file = folder / f"{name}.csv"
    file.write_text("\n".join([HEADINGS, *rows]), encoding="utf-8")
    return file


def listings(folder: Path, name: str, firms: range, day: str) -> Path:
    file = folder / f"{name}.csv"
    rows = [f"{firm:06d},新三板{firm:06d},北交所,{day}" for firm in firms]
    file.write_text("\n".join(["证券代码,证券简称,板块,上市日期", *rows]), encoding="utf-8")
    return file


def request(file: Path, map_name: str = "neeq", **options) -> ImportRequest:
    return ImportRequest.of(file, map_name, by="test", now=NOW, today=TODAY, **options)


def revenue_of(firm: int, year: int) -> float:
    return 1000 + 37.25 * firm + year - 2020


def early(folder: Path, name: str, firms: range) -> Path:
    """Two years of some firms; of fifty firms one copies the one before it, and one writes a year in yuan."""
    rows = []
    for place, firm in enumerate(firms):
        rows.append(row(firm, 2021, revenue_of(firm, 2021)))
        slip = 10_000 if place % 50 == 7 else 1
        rows.append(row(firm, 2022, revenue_of(firm - (place % 50 == 9), 2022) * slip))
    return returns(folder, name, rows)


def late(folder: Path, called: str, firms: range) -> Path:
    """The second year anew, mostly as it was, and a third; one in a hundred has another name."""
    rows = []
    for place, firm in enumerate(firms):
        name = f"新名{firm}" if place % 100 == 3 else ""
        rows += [row(firm, year, revenue_of(firm, year), name) for year in (2022, 2023)]
    return returns(folder, called, rows)


def costs(engine: Engine, reading: Reading, folder: Path, firms: range) -> dict[str, int]:
    """What each step costs for these firms, whose earlier years are stored already, by two sources."""
    name = f"f{firms.start}"
    importing.import_returns(engine, request(early(folder, name, firms)))
    importing.import_returns(engine, request(early(folder, f"{name}-audited", firms), source="audited"))
    importing.import_events(engine, request(listings(folder, f"{name}-listed", firms, "2023-05-05"), "neeq-listings"))
    file = late(folder, f"{name}-late", firms)
    events = listings(folder, f"{name}-again", firms, "2023-06-06")
    done = {}
    found = {}

    def kept(step: str, action: Callable[[], object]) -> None:
        found[step] = reading.of(lambda: done.update({step: action()}))

    kept("preview", lambda: importing.preview(engine, request(file)))
    kept("import", lambda: importing.import_returns(engine, request(file)))
    kept("events", lambda: importing.import_events(engine, request(events, "neeq-listings")))
    kept("undo of events", lambda: imports.undo(engine, done["events"].import_id, by="test", now=NOW))
    kept("undo", lambda: imports.undo(engine, done["import"].import_id, by="test", now=NOW))
    report = done["import"]
    assert (report.superseded, done["undo"].reopened) == (len(firms), report.corrected)
    assert min(report.corrected, report.cross_checks, report.restated.values, len(report.warnings)) > 0
    return found


def test_what_is_read_grows_with_the_file_and_not_with_what_is_stored(engine: Engine, tmp_path: Path):
    reading = Reading(engine)
    first = costs(engine, reading, tmp_path, range(1_000, 1_000 + FIRMS))
    others = range(10_000, 10_000 + 6 * FIRMS)
    for source in ("exchange", "audited"):
        importing.import_returns(engine, request(early(tmp_path, f"others-{source}", others), source=source))
    importing.import_returns(engine, request(late(tmp_path, "others-late", others)))
    importing.import_events(engine, request(listings(tmp_path, "others-listed", others, "2023-05-05"), "neeq-listings"))
    with engine.connect() as connection:
        for table in (ImportFinding, CrossCheck):
            assert connection.scalar(select(func.count()).select_from(table)) > 3 * FIRMS / 50
    again = costs(engine, reading, tmp_path, range(5_000, 5_000 + FIRMS))
    grown = {step: cost / first[step] for step, cost in again.items()}
    assert max(grown.values()) < 1.02, grown


def test_open_questions_about_some_firms_cost_the_same_however_many_their_import_has(engine: Engine, tmp_path: Path):
    reading = Reading(engine)
    asked = {}
    for first, firms in ((1_000, 300), (10_000, 1_200)):
        of_file = range(first, first + firms)
        report = importing.import_returns(engine, request(early(tmp_path, f"of-{firms}", of_file)))
        assert len(report.warnings) >= firms / 25
        some = FirmRange(f"neeq:{first:06d}", f"neeq:{first + 149:06d}")
        known = facts.as_known_on(engine, TODAY, "neeq", some)
        found = []
        asked[firms] = reading.of(lambda: found.append(asked_about(engine, known, TODAY, some)))  # noqa: B023 - at once
        assert set(found[0]["firm_id"]) == {one.firm_id for one in report.warnings if one.firm_id <= some.last}
    assert asked[1_200] < 1.3 * asked[300], asked
