"""In doubt is what the score or the rules use and is open; anything else that is open is a question."""

from datetime import date, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.facts import as_known_on
from pipeline.store.tables import ImportFinding
from scoring.scores import doubts
from tests.cast import BANYAN, LOTUS, state

DAY = date(2024, 6, 1)


def ask(engine: Engine, number: int, field: str, kind: str = "growth", year: int = 2023, firm: str = LOTUS, **more):
    with Session(engine) as session, session.begin():
        session.add(
            ImportFinding(
                import_id=number,
                firm_id=firm,
                year=year,
                kind=kind,
                field=field,
                sheet="年度财务",
                msgid="odd",
                params={},
                **{"state": "open", **more},
            )
        )


def said(engine: Engine, day: date = DAY) -> dict[str, list[str]]:
    return doubts.by_firm(doubts.doubts_on(engine, day))


def told_apart(engine: Engine) -> tuple[list[str], list[str]]:
    """(fields of findings about doubts, fields of questions)"""
    facts = as_known_on(engine, DAY, None, [LOTUS], doubts.facts_read())
    found = doubts.firm_findings(engine, LOTUS, facts, DAY)
    return [each.field for each in found.about_doubts], [each.field for each in found.questions]


def test_an_open_finding_about_a_figure_in_use_is_a_doubt(engine: Engine):
    ask(engine, state(engine, LOTUS, 2023, revenue_cny=9e7, net_profit_cny=5e6), "revenue_cny")
    assert said(engine) == {LOTUS: ["revenue_cny 2023"]}
    assert told_apart(engine) == (["revenue_cny"], [])


def test_a_finding_about_a_figure_that_another_source_overrides_is_a_question(engine: Engine):
    ask(engine, state(engine, LOTUS, 2023, revenue_cny=9e11), "revenue_cny", "unit_yuan_for_wan")
    state(engine, LOTUS, 2023, source="audited", revenue_cny=9e7)
    assert said(engine) == {}
    assert told_apart(engine) == ([], ["revenue_cny"])


def test_a_stated_ratio_is_in_use_only_where_its_parts_are_unknown(engine: Engine):
    ask(
        engine,
        state(engine, LOTUS, 2023, revenue_cny=9e7, cost_cny=6e7, gross_margin_stated=0.1),
        "gross_margin_stated",
        "stated_ratio",
    )
    ask(
        engine,
        state(engine, BANYAN, 2023, revenue_cny=9e7, gross_margin_stated=0.1),
        "gross_margin_stated",
        "stated_ratio",
        firm=BANYAN,
    )
    assert said(engine) == {BANYAN: ["gross_margin_stated 2023"]}
    assert told_apart(engine) == ([], ["gross_margin_stated"])


@pytest.mark.parametrize(("kind", "field"), [("other_name", "name"), ("code_organisation", "firm")])
def test_a_name_or_a_code_is_a_question(engine: Engine, kind, field):
    ask(engine, state(engine, LOTUS, 2023, revenue_cny=9e7), field, kind)
    assert said(engine) == {}
    assert told_apart(engine) == ([], [field])


def test_a_year_that_is_not_over_puts_the_year_in_doubt(engine: Engine):
    number = state(engine, LOTUS, 2023, revenue_cny=9e7)
    ask(engine, number, "year", "year_not_over")
    assert said(engine) == {LOTUS: ["revenue_cny 2023"]}


def test_a_year_that_no_feature_looks_at_any_more_is_a_question(engine: Engine):
    ask(engine, state(engine, LOTUS, 2017, revenue_cny=9e7), "revenue_cny", year=2017)
    state(engine, LOTUS, 2023, revenue_cny=9e7)
    assert said(engine) == {}


def test_a_fact_that_nothing_reads_is_a_question(engine: Engine):
    ask(engine, state(engine, LOTUS, 2023, debt_to_equity_stated=119.0), "debt_to_equity_stated")
    assert said(engine) == {}


@pytest.mark.parametrize("settled", ["explained", "corrected"])
def test_a_finding_ends_its_doubt_on_the_day_it_is_settled_and_begins_it_when_its_statement_is_known(engine, settled):
    number = state(engine, LOTUS, 2023, revenue_cny=9e7)
    ask(engine, number, "revenue_cny", state=settled, settled_at=datetime(2024, 9, 1, 10))
    days = [date(2024, 4, 29), date(2024, 4, 30), date(2024, 8, 31), date(2024, 9, 1)]
    assert [bool(said(engine, day)) for day in days] == [False, True, True, False]


def test_a_stated_growth_is_in_use_where_the_year_before_follows_from_it(engine: Engine):
    number = state(engine, LOTUS, 2023, revenue_cny=9e7, revenue_growth_stated=0.2, net_profit_cny=5e6)
    ask(engine, number, "revenue_growth_stated")
    ask(engine, number, "net_profit_growth_stated")
    assert said(engine) == {LOTUS: ["revenue_growth_stated 2023"]}
