"""The list of firms: what address and grid may ask, a long list in blocks of rows, and the CSV of what is shown."""

import csv
import io
import json
from typing import Any

import pytest
from sqlalchemy import Engine, Select, literal, select, union_all
from sqlalchemy.orm import Session

from dashboard.pages.firms import page as firms
from dashboard.queries.lists import firm_list, list_conditions
from dashboard.queries.lists.grid_filters import Columns, GridQuery, cleaned, query_in, spoken_alike
from dashboard.queries.lists.list_conditions import Number, Words
from pipeline.accounts import people
from pipeline.accounts.people import Person, Role
from pipeline.labels import firm_labels
from pipeline.store.database import engine_for
from pipeline.store.tables import Case, FirmBoardRow, FirmListRow, Visit
from pipeline.tutoring import visits
from scoring.firm_list.keeper import make_current
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

COLUMNS = Columns(frozenset({"name"}), frozenset({"staff", "revenue_cny"}), {"revenue_cny": 1e4})
NAMES = ("row", "name", "staff", "revenue_cny")
STORED = [(0, "Lotus Sensors", 120.0, 5e7), (1, "Banyan Motors", None, 4.9e7), (2, "", 80.0, 5.1e7)]
FIRMS = union_all(
    *(select(*(literal(value).label(name) for name, value in zip(NAMES, row, strict=True))) for row in STORED)
).subquery()
SHOWN = {
    "name": Words(FIRMS.c.name),
    "staff": Number(FIRMS.c.staff),
    "revenue_cny": Number(FIRMS.c.revenue_cny, 1e4),
}


def passing(**filters: dict[str, Any]) -> list[int]:
    fits = list_conditions.conditions(GridQuery(cleaned(filters, COLUMNS)), SHOWN, FIRMS.c.name.contains)
    return read(select(FIRMS.c.row).where(fits).order_by(FIRMS.c.row))


def read(statement: Select[int]) -> list[int]:
    engine = engine_for("sqlite://")
    with engine.connect() as connection:
        return list(connection.scalars(statement))


@pytest.mark.parametrize(
    ("kind", "wanted", "rows"),
    [
        ("contains", "LOTUS", [0]),
        ("notContains", "lotus", [1, 2]),
        ("equals", "lotus sensors", [0]),
        ("equals", "lotus", []),
        ("notEqual", "lotus sensors", [1, 2]),
        ("startsWith", "ban", [1]),
        ("endsWith", "motors", [1]),
        ("contains", ".", []),
        ("blank", None, [2]),
        ("notBlank", None, [0, 1]),
    ],
)
def test_a_filter_of_words_knows_no_capitals_and_no_patterns(kind: str, wanted: str | None, rows: list[int]):
    assert passing(name={"type": kind, "filter": wanted}) == rows


@pytest.mark.parametrize(
    ("kind", "wanted", "rows"),
    [
        ("equals", 120, [0]),
        ("notEqual", 120, [2]),
        ("lessThan", 80, []),
        ("lessThanOrEqual", 80, [2]),
        ("greaterThan", 80, [0]),
        ("greaterThanOrEqual", 80, [0, 2]),
        ("blank", None, [1]),
        ("notBlank", None, [0, 2]),
    ],
)
def test_an_unknown_figure_passes_no_comparison(kind: str, wanted: float | None, rows: list[int]):
    assert passing(staff={"type": kind, "filter": wanted}) == rows


def test_a_range_leaves_out_its_ends_and_money_is_asked_for_in_ten_thousands():
    assert passing(revenue_cny={"type": "inRange", "filter": 4900, "filterTo": 5100}) == [0]
    assert passing(revenue_cny={"type": "inRange", "filter": 4899, "filterTo": 5101}) == [0, 1, 2]


@pytest.mark.parametrize(("operator", "rows"), [("AND", []), ("OR", [0, 2])])
def test_two_conditions_of_one_column_are_both_or_either(operator: str, rows: list[int]):
    both = [{"type": "equals", "filter": 120}, {"type": "equals", "filter": 80}]
    assert passing(staff={"operator": operator, "conditions": both}) == rows


@pytest.mark.parametrize(
    "model",
    [
        None,
        7,
        [],
        {"password_hash": {"type": "contains", "filter": "a"}},
        {"name": {"type": "eval", "filter": "x"}},
        {"name": {"type": "contains", "filter": 7}},
        {"staff": {"type": "equals", "filter": "7"}},
        {"staff": {"type": "equals", "filter": True}},
        {"staff": {"type": "inRange", "filter": 1}},
        {"name": {"operator": "AND", "conditions": []}},
        {"name": "lotus"},
        {"name": {"conditions": [{"conditions": [{"type": "blank"}]}]}},
    ],
)
def test_what_no_grid_of_ours_asks_is_dropped(model: Any):
    assert cleaned(model, COLUMNS) == {}


def test_rows_that_tie_keep_their_order_and_unknown_stands_last_both_ways():
    for upwards, rows in ((True, [2, 0, 1]), (False, [0, 2, 1])):
        by_staff = list_conditions.order((("staff", upwards),), SHOWN, None)
        assert read(select(FIRMS.c.row).order_by(*by_staff, FIRMS.c.row)) == rows


def test_an_address_holds_search_filters_and_order_and_a_spoilt_one_holds_none():
    kept = query_in(
        {"search": "a b", "sort": "staff.desc,name.asc,pay.asc", "filter": '{"name":{"type":"blank"}}'}, COLUMNS
    )
    assert kept == GridQuery(
        {"name": {"filterType": "text", "type": "blank"}}, "a b", (("staff", False), ("name", True))
    )
    assert query_in({"sort": "staff", "filter": "{"}, COLUMNS) == GridQuery()


def test_a_word_of_the_other_language_is_asked_in_the_reader_s():
    labels = {"pool": [{"en": "Seed pool", "zh_CN": "种子库"}]}
    asked = {"pool": {"type": "equals", "filter": "Seed pool"}, "name": {"type": "equals", "filter": "Seed pool"}}
    assert spoken_alike(asked, labels, "zh_CN") == {**asked, "pool": {"type": "equals", "filter": "种子库"}}


# --- blocks of rows ---------------------------------------------------------------


def block(visitor: Visitor, start: int = 0, end: int = 100, **asked: Any) -> Any:
    output = next(name for name in visitor.app.callback_map if "getRowsResponse" in name)
    request = {"startRow": start, "endRow": end, "sortModel": [], "filterModel": {}, **asked}
    return visitor.call(body_of(visitor.app, output, {"firms-grid.getRowsRequest": request}))


def rows_in(answer: Any) -> tuple[list[dict[str, Any]], int]:
    found = answer.json["response"]["firms-grid"]["getRowsResponse"]
    return found["rowData"], found["rowCount"]


def test_the_list_is_not_sent_with_the_page_but_in_blocks(officer: Visitor):
    page = officer.show("/firms").text
    assert '"rowModelType":"infinite"' in page
    assert "莲芯传感" not in page
    first, count = rows_in(block(officer, 0, 5))
    rest, _count = rows_in(block(officer, 5, 105))
    assert (len(first), len(rest), count) == (5, 7, 12)
    assert [row["rank"] for row in first + rest] == list(range(1, 13))


def test_only_words_that_a_firm_has_are_offered_for_ticking_and_every_word_of_a_large_city(
    officer: Visitor, monkeypatch: pytest.MonkeyPatch
):
    def offered() -> str:
        ticks = officer.show("/firms").text
        return ticks[: ticks.index("firms-grid")]

    assert "开平市" in offered()
    assert "金种子库" in offered()
    assert "退出" not in offered()
    few = offered()
    monkeypatch.setattr(firms, "_FEW", 11)
    assert len(offered()) > len(few)


def test_a_block_is_filtered_searched_and_sorted_over_the_whole_list(officer: Visitor):
    up = [{"colId": "points", "sort": "asc"}]
    assert rows_in(block(officer, 0, 1, sortModel=up))[0][0]["rank"] == 12
    named = {"words": {"type": "contains", "filter": f"莲芯 {LOTUS[:8].lower()}"}}
    assert [row["firm_id"] for row in rows_in(block(officer, filterModel=named))[0]] == [LOTUS]
    assert rows_in(block(officer, filterModel={"points": {"type": "greaterThan", "filter": 1000}})) == ([], 0)


def test_blocks_and_lists_end_where_a_person_s_district_ends(app: Any, officer: Visitor):
    assert rows_in(block(officer))[1] == 12  # the frame of the whole city is kept now
    came = Visitor(app, app.server.test_client())
    came.sign_in(city.DISTRICT_OFFICER)
    came.get("/")
    found, count = rows_in(block(came))
    assert count == len(found)
    assert {row["district"] for row in found} == {"江海区"}
    assert BANYAN in {row["firm_id"] for row in found}


def test_an_enterprise_s_block_is_its_own_firm_and_an_analyst_s_tells_no_pool(enterprise: Visitor, analyst: Visitor):
    assert [row["firm_id"] for row in rows_in(block(enterprise))[0]] == [LOTUS]
    found = rows_in(block(analyst))[0]
    assert len(found) == 12
    assert {(row["pool"], row["stage"]) for row in found} == {("", "")}


@pytest.mark.parametrize(("start", "end"), [(0, 101), (5, 5), (-1, 50), (0, "100"), (None, 100)])
def test_a_block_larger_than_a_grid_asks_for_is_refused(officer: Visitor, start: Any, end: Any):
    assert block(officer, start, end).status_code == 400


def test_a_callback_of_the_browser_alone_is_refused_by_the_server(app: Any, officer: Visitor):
    output = next(name for name in app.callback_map if "firms-csv.href" in name)
    assert officer.call(body_of(app, output, {})).status_code == 400


# --- the CSV ---------------------------------------------------------------------------------------


def listed(visitor: Visitor, **query: str) -> list[list[str]]:
    answer = visitor.client.get("/download/firms.csv", query_string=query)
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))[1:]


def test_the_csv_holds_what_the_grid_shows(officer: Visitor):
    assert len(listed(officer)) == 12
    assert [row[0] for row in listed(officer, search="莲芯")] == ["莲芯传感（虚构）"]
    golden = listed(officer, pool="golden")
    assert 0 < len(golden) < 12
    as_filter = json.dumps({"pool": {"type": "equals", "filter": "Golden-seed pool"}})
    assert listed(officer, filter=as_filter) == golden
    assert [int(row[1]) for row in listed(officer, sort="points.asc")] == list(range(12, 0, -1))


def test_an_exported_figure_is_the_one_of_the_grid_and_a_number_also_below_nought(officer: Visitor):
    answer = officer.client.get("/download/firms.csv")
    first, *rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert first[:4] == ["企业", "全市排名", "本区排名", "得分"]  # headings first: a notice above them breaks a pivot
    assert "demo" in answer.headers["Content-Disposition"]  # that the firms are made up stands in the file's name
    profit = first.index("净利润（万元）")
    figures = [row[profit] for row in rows if row[profit]]
    assert figures
    assert all(str(int(figure)) == figure for figure in figures)
    assert all(row[3] == f"{float(row[3]):.1f}" for row in rows if row[3])


def test_amounts_are_listed_and_filtered_in_millions_in_english_and_a_link_serves_both_languages(
    app: Any, officer: Visitor
):
    chinese = {row[0]: row for row in listed(officer)}
    place = csv_heading(officer).index("营业收入（万元）")
    largest = max(int(row[place]) for row in chinese.values() if row[place])
    above = {"filter": json.dumps({"revenue_cny": {"type": "greaterThanOrEqual", "filter": largest - 1}})}
    in_millions = {
        "filter": json.dumps({"revenue_cny": {"type": "greaterThanOrEqual", "filter": (largest - 1) / 100}}),
        "amounts": "m",
    }
    found = listed(officer, **above)
    assert 0 < len(found) < len(chinese)
    assert listed(officer, **in_millions) == found
    officer.client.set_cookie("goldseed_language", "en")
    assert csv_heading(officer)[place] == "Revenue (¥\u00a0m)"
    english = listed(officer, **in_millions)
    assert [row[0] for row in english] == [row[0] for row in found]
    assert listed(officer, **above) == english
    assert all(float(row[place]) == round(float(row[place]), 2) for row in english)
    assert round(float(english[0][place]) * 100) == pytest.approx(int(found[0][place]), abs=0.51)


@pytest.mark.parametrize("number", ["1" + "0" * 400, "-1e400", "NaN"])
def test_a_number_that_no_column_can_be_held_against_filters_nothing(officer: Visitor, number: str):
    address = f'{{"revenue_cny":{{"type":"lessThan","filter":{number}}}}}'
    assert len(listed(officer, filter=address, amounts="m")) == 12
    assert officer.show("/firms", f"?filter={address}").status_code == 200


def csv_heading(visitor: Visitor) -> list[str]:
    return next(csv.reader(io.StringIO(visitor.client.get("/download/firms.csv").text.lstrip("\ufeff"))))


def test_the_rank_is_the_city_s_for_whoever_looks_and_the_district_s_stands_beside_it(app: Any, officer: Visitor):
    everywhere = {row["firm_id"]: row for row in rows_in(block(officer))[0]}
    own = rows_in(block(signed_in(app, city.DISTRICT_OFFICER)))[0]
    assert own
    assert [row["rank"] for row in own] == [everywhere[row["firm_id"]]["rank"] for row in own]
    assert sorted(row["district_rank"] for row in own if row["points"] is not None)[0] == 1


def test_an_address_ticks_several_words_of_a_category_and_passes_over_what_does_not_exist(officer: Visitor):
    every, golden, seed = (len(listed(officer, **query)) for query in ({}, {"pool": "golden"}, {"pool": "seed"}))
    assert len(listed(officer, pool="golden,seed")) == golden + seed
    assert len(listed(officer, pool="golden,bronze")) == golden
    assert len(listed(officer, pool="bronze", district="999999", stage="nowhere")) == every
    assert len(listed(officer, district="440704,440703")) == sum(
        len(listed(officer, district=code)) for code in ("440704", "440703")
    )


def test_the_counts_of_a_board_s_three_questions_are_those_of_the_rules(app: Any, officer: Visitor):
    from pipeline.rules.reports import board_tables, check

    engine = app.server.extensions["goldseed"].engine
    today = app.server.extensions["goldseed"].settings.today()
    passed = board_tables.filters(check.check(engine, today))
    for name in firm_list.BOARD_FILTERS:
        assert len(listed(officer, board=name)) == int(passed[name].sum()), name


def test_the_list_follows_a_decision_at_once(app: Any, officer: Visitor):
    from pipeline.accounts import people
    from pipeline.pools import deciding
    from pipeline.store.pool_tables import PoolProposal

    before = len(listed(officer, pool="seed"))
    with Session(app.server.extensions["goldseed"].engine) as session, session.begin():
        proposal = session.scalars(select(PoolProposal).where(PoolProposal.state == "open")).first()
        assert proposal is not None
        deciding.decide(session, proposal.id, True, "达到入库线", people.console(), on=city.SCORED_ON, now=city.NOW)
    assert len(listed(officer, pool="seed")) == before + 1


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ENTERPRISE, Role.ANALYST])
def test_a_block_has_the_rows_of_the_whole_list_wherever_it_begins(engine: Engine, role: Role):
    """Also of the second half, which is read from the end, and where points and figures are unknown or equal."""
    city.settle(engine)
    make_current(engine, city.SCORED_ON)
    with Session(engine) as session, session.begin():
        some = session.scalars(select(FirmListRow).order_by(FirmListRow.firm_id).limit(5)).all()
        for row in some[:3]:
            row.points, row.revenue_cny = None, None
        for row in some[3:]:
            row.staff = 50.0
        own = some[0].firm_id if role == Role.ENTERPRISE else None
    person = Person(1, "somebody", role, firm_id=own)
    with Session(engine) as session:
        for name in ("points", "revenue_cny", "staff", "district", "name", "firm_id", None):
            for upwards in (True, False):
                query = GridQuery(sort=((name, upwards),) if name else ())
                every = firm_list.rows(session, person, city.SCORED_ON, query)
                assert len(every) == (1 if role == Role.ENTERPRISE else 12)
                for start, end in (
                    (0, 5),
                    (0, 12),
                    (0, 13),
                    (4, 9),
                    (6, 9),
                    (7, 9),
                    (11, 12),
                    (9, 20),
                    (12, 20),
                    (30, 40),
                ):
                    there, count = firm_list.block(session, person, city.SCORED_ON, query, start, end)
                    assert (there, count) == (every[start:end], len(every)), (name, upwards, start, end)


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ANALYST])
def test_every_column_is_sorted_and_filtered_on_either_database_for_whoever_asks(engine: Engine, role: Role):
    city.settle(engine)
    make_current(engine, city.SCORED_ON)
    person = Person(1, "somebody", role)
    columns = firm_list.columns()
    blank = {name: {"filterType": "text", "type": "blank"} for name in columns.texts - {"words"}}
    blank |= {name: {"filterType": "number", "type": "notBlank"} for name in columns.numbers}
    with Session(engine) as session:
        for name, fits in blank.items():
            for upwards in (True, False):
                sort = ((name, upwards), ("name", True))
                assert len(firm_list.rows(session, person, city.SCORED_ON, GridQuery(sort=sort), 0, 100)) == 12
            count = firm_list.count_fitting(session, person, city.SCORED_ON, GridQuery({name: fits}))
            assert 0 <= count <= 12
        _labels_stand_in_their_order_and_are_the_bureaus_alone(session, person)


def _labels_stand_in_their_order_and_are_the_bureaus_alone(session: Session, person: Person) -> None:
    """Without a database of its own: on either kind, for whoever asks."""
    for marked, label in (
        ([LOTUS, BANYAN], "重点督办"),
        ([LOTUS], "拟上北交所"),
        ([LOTUS, KAPOK], "B轮"),
        ([KAPOK], "b轮"),
    ):
        firm_labels.put(session, people.console(), marked, label, city.NOW)
    firm_labels.put(session, people.console(), [KAPOK], "督办", city.NOW)
    firm_labels.put(session, people.console(), [BANYAN], "已移除", city.NOW)
    firm_labels.take(session, people.console(), [BANYAN], "已移除", city.NOW)
    rows = {row["firm_id"]: row.get("labels") for row in firm_list.rows(session, person, city.SCORED_ON)}

    def fitting(kind: str, text: str) -> set[str]:
        query = GridQuery({"labels": {"filterType": "text", "type": kind, "filter": text}})
        return {row["firm_id"] for row in firm_list.rows(session, person, city.SCORED_ON, query)}

    if person.role == Role.ANALYST:
        assert set(rows.values()) == {None}
        assert len(fitting("contains", "督办")) == 12, "not theirs to filter by"
        return
    assert {firm: rows[firm] for firm in (LOTUS, BANYAN, KAPOK)} == {
        LOTUS: "B轮、拟上北交所、重点督办",
        BANYAN: "重点督办",
        KAPOK: "B轮、b轮、督办",
    }
    assert set(rows.values()) - {rows[firm] for firm in (LOTUS, BANYAN, KAPOK)} == {""}
    assert fitting("contains", "督办") == {LOTUS, BANYAN, KAPOK}
    assert fitting("equals", "督办") == {KAPOK}, "another label that ends so is another"
    assert fitting("equals", "重点督办") == {LOTUS, BANYAN}
    assert len(fitting("notEqual", "重点督办")) == 10


def test_columns_beside_the_list_say_what_tutoring_the_boards_and_the_scores_before_say(sqlite_engine: Engine):
    city.settle(sqlite_engine)
    make_current(sqlite_engine, city.SCORED_ON)
    officer, analyst = Person(1, "somebody", Role.OFFICER), Person(2, "else", Role.ANALYST)
    with Session(sqlite_engine) as session:
        rows = {row["firm_id"]: row for row in firm_list.rows(session, officer, city.SCORED_ON)}
        due: dict[str, str] = {}
        for step in visits.open_steps(session, city.SCORED_ON, officer):
            due[step.firm_id] = min(due.get(step.firm_id, "9"), step.due_on.isoformat())
        assert due
        assert {firm: row["next_due_on"] for firm, row in rows.items() if row["next_due_on"]} == due
        last: dict[str, str] = {}
        for visit, firm in session.execute(select(Visit, Case.firm_id).join(Case, Case.id == Visit.case_id)):
            last[firm] = max(last.get(firm, ""), visit.visited_on.isoformat())
        assert {firm: row["last_visit_on"] for firm, row in rows.items() if row["last_visit_on"]} == last
        gaps = session.execute(select(FirmBoardRow.firm_id, FirmBoardRow.board, FirmBoardRow.gap_share)).all()
        assert gaps
        assert all(rows[firm][f"gap_{board}"] == gap for firm, board, gap in gaps)
        assert "last_visit_on" not in firm_list.rows(session, analyst, city.SCORED_ON)[0]
        assert "last_visit_on" not in firm_list.rows(session, officer, city.SCORED_ON, more=())[0]
        sought = GridQuery({"next_due_on": {"filterType": "text", "type": "notBlank"}}, sort=(("next_due_on", True),))
        fitting = firm_list.rows(session, officer, city.SCORED_ON, sought, more=())
        assert [row["next_due_on"] for row in fitting] == sorted(due.values())
        for upwards in (True, False):
            by_day = GridQuery(sort=(("next_due_on", upwards),))
            first = firm_list.rows(session, officer, city.SCORED_ON, by_day, 0, 1)
            assert first[0]["next_due_on"] == sorted(due.values(), reverse=not upwards)[0], "who has none stands last"
        assert firm_list.count_fitting(session, analyst, city.SCORED_ON, sought) == 12, "not theirs to filter by"
