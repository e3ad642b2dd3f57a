"""Facts as known on a day: nothing later is read, and the most trusted latest statement wins, column by column."""

import math
from datetime import date

import pandas as pd
import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from pipeline import facts
from pipeline.store.tables import CITY, Return, ReturnRow
from tests.cast import BANYAN, KAPOK, LOTUS, happened, state

MAY_2024 = date(2024, 5, 1)


@pytest.mark.parametrize(("day", "years"), [(date(2024, 4, 29), []), (date(2024, 4, 30), [2023])])
def test_a_year_without_a_publication_day_is_known_on_30_april_and_not_a_day_before(engine: Engine, day, years):
    state(engine, LOTUS, 2023, revenue_cny=9e6)
    assert list(facts.as_known_on(engine, day).index) == [(LOTUS, year) for year in years]


def test_a_later_correction_changes_nothing_that_was_known_before_it(engine: Engine):
    state(engine, LOTUS, 2023, revenue_cny=9e6)
    state(engine, LOTUS, 2023, revenue_cny=8e6, known_on=date(2024, 9, 1))
    assert facts.as_known_on(engine, date(2024, 8, 31)).loc[(LOTUS, 2023), "revenue_cny"] == 9e6
    assert facts.as_known_on(engine, date(2024, 9, 1)).loc[(LOTUS, 2023), "revenue_cny"] == 8e6


def test_audited_statements_are_believed_before_a_later_survey(engine: Engine):
    state(engine, LOTUS, 2023, source="audited", revenue_cny=9e6)
    state(engine, LOTUS, 2023, source="survey", revenue_cny=90e6, staff=40, known_on=date(2024, 5, 1))
    merged = facts.as_known_on(engine, MAY_2024).loc[(LOTUS, 2023)]
    assert (merged["revenue_cny"], merged["staff"]) == (9e6, 40)


def test_tax_paid_is_taken_from_the_tax_office_though_the_audit_stands_above_it_elsewhere(engine: Engine):
    state(engine, LOTUS, 2023, source="audited", revenue_cny=9e6, tax_paid_cny=1e5)
    state(engine, LOTUS, 2023, source="tax", revenue_cny=8e6, tax_paid_cny=2e5)
    merged = facts.as_known_on(engine, MAY_2024).loc[(LOTUS, 2023)]
    assert (merged["revenue_cny"], merged["tax_paid_cny"]) == (9e6, 2e5)


def test_a_blank_in_the_most_trusted_return_hides_nothing(engine: Engine):
    state(engine, LOTUS, 2023, source="audited", revenue_cny=None)
    state(engine, LOTUS, 2023, source="survey", revenue_cny=7e6)
    assert facts.as_known_on(engine, MAY_2024).loc[(LOTUS, 2023), "revenue_cny"] == 7e6


def test_half_a_year_never_stands_among_the_years(engine: Engine):
    state(engine, LOTUS, 2023, months=6, revenue_cny=4e6, known_on=date(2023, 9, 1))
    assert facts.as_known_on(engine, MAY_2024).empty
    assert list(facts.statements_of(engine, LOTUS, MAY_2024)["months"].unique()) == [6]


def test_an_undone_return_is_not_in_force(engine: Engine):
    state(engine, LOTUS, 2023, revenue_cny=9e6)
    with Session(engine) as session, session.begin():
        session.execute(update(Return).values(in_force=False))
    assert facts.as_known_on(engine, MAY_2024).empty


def test_the_last_year_of_a_firm_is_the_last_full_one_in_force_that_was_known(engine: Engine):
    state(engine, LOTUS, 2021, revenue_cny=7e6)
    state(engine, LOTUS, 2022, revenue_cny=8e6)
    state(engine, LOTUS, 2022, source="tax", revenue_cny=8e6)
    state(engine, LOTUS, 2023, revenue_cny=9e6, known_on=date(2024, 5, 2))
    state(engine, BANYAN, 2022, revenue_cny=4e8)
    state(engine, BANYAN, 2023, months=6, revenue_cny=4e8, known_on=date(2023, 9, 1))
    state(engine, KAPOK, 2023, months=6, revenue_cny=4e8, known_on=date(2023, 9, 1))
    state(engine, "neeq:430025", 2023, cohort="neeq", revenue_cny=1e8)
    assert facts.last_years_known_on(engine, MAY_2024, "city").to_dict() == {LOTUS: 2022, BANYAN: 2022}
    assert facts.last_years_known_on(engine, date(2024, 5, 2), "city").to_dict() == {LOTUS: 2023, BANYAN: 2022}
    with Session(engine) as session, session.begin():
        undone = select(ReturnRow.return_id).where(ReturnRow.firm_id == LOTUS, ReturnRow.year == 2023)
        session.execute(update(Return).where(Return.id.in_(undone)).values(in_force=False))
    assert facts.last_years_known_on(engine, date(2024, 5, 2), "city").to_dict() == {LOTUS: 2022, BANYAN: 2022}
    nobody = facts.last_years_known_on(engine, date(2020, 1, 1), "city")
    assert (len(nobody), nobody.dtype) == (0, "int64")


def test_another_cohort_never_shows_among_the_firms_of_the_city(engine: Engine):
    state(engine, LOTUS, 2023, revenue_cny=9e6)
    state(engine, "neeq:430025", 2023, cohort="neeq", revenue_cny=1e8)
    assert set(facts.as_known_on(engine, MAY_2024).index.get_level_values("firm_id")) == {LOTUS}
    assert len(facts.as_known_on(engine, MAY_2024, cohort=None)) == 2


def test_one_firm_asked_for_alone_has_the_facts_it_has_among_all(engine: Engine):
    state(engine, LOTUS, 2023, revenue_cny=9e6)
    state(engine, BANYAN, 2023, revenue_cny=4e8)
    alone = facts.as_known_on(engine, MAY_2024, firms=[LOTUS])
    assert alone.equals(facts.as_known_on(engine, MAY_2024).loc[[LOTUS]])


def test_what_nobody_stated_is_nan_and_yes_and_no_are_one_and_zero(engine: Engine):
    state(engine, LOTUS, 2023, little_giant=True, srdi_provincial=False, share_reform_on=date(2022, 3, 1))
    row = facts.as_known_on(engine, MAY_2024).loc[(LOTUS, 2023)]
    assert math.isnan(row["revenue_cny"])
    assert (row["little_giant"], row["srdi_provincial"]) == (1.0, 0.0)
    assert row["share_reform_on"].date() == date(2022, 3, 1)


def test_a_label_of_the_firm_comes_from_the_latest_year_that_states_it(engine: Engine):
    state(engine, LOTUS, 2021, name="旧名", district_code="440703")
    state(engine, LOTUS, 2022, name="新名")
    firm = facts.firms_as_known_on(engine, MAY_2024).loc[LOTUS]
    assert (firm["name"], firm["district_code"], firm["cohort"]) == ("新名", "440703", "city")


def test_each_figure_names_the_return_that_is_believed_and_those_that_said_otherwise(engine: Engine):
    state(engine, LOTUS, 2023, source="survey", revenue_cny=7e6, file_name="survey.xlsx")
    state(engine, LOTUS, 2023, source="audited", revenue_cny=9e6, file_name="audit.xlsx")
    told = facts.statements_of(engine, LOTUS, MAY_2024)
    assert told[["fact", "value", "file_name", "believed"]].to_numpy().tolist() == [
        ["revenue_cny", 9e6, "audit.xlsx", True],
        ["revenue_cny", 7e6, "survey.xlsx", False],
    ]


def test_an_event_is_read_from_the_day_it_became_known(engine: Engine):
    state(engine, LOTUS, 2022, revenue_cny=9e6)
    happened(engine, LOTUS, "tutoring_filed", date(2024, 3, 1), known_on=date(2024, 6, 1))
    assert facts.events_as_known_on(engine, MAY_2024).empty
    assert list(facts.events_as_known_on(engine, date(2024, 6, 1))["kind"]) == ["tutoring_filed"]


def test_facts_of_an_empty_database_have_every_column_in_its_type(engine: Engine):
    empty = facts.as_known_on(engine, MAY_2024)
    assert empty.empty
    assert empty["revenue_cny"].dtype == "float64"
    assert empty["share_reform_on"].dtype.kind == "M"


def test_several_days_read_at_once_say_what_each_says_alone(engine):
    state(engine, LOTUS, 2022, revenue_cny=5e6)
    state(engine, LOTUS, 2023, revenue_cny=9e6)
    state(engine, LOTUS, 2023, revenue_cny=7e6, source="audited", known_on=date(2024, 7, 1))
    state(engine, LOTUS, 2023, revenue_cny=8e6, known_on=date(2024, 9, 1))
    state(engine, BANYAN, 2023, revenue_cny=1e6)
    days = [date(2023, 1, 1), date(2023, 6, 1), date(2024, 6, 30), date(2024, 7, 1), date(2024, 9, 1)]
    at_once = facts.as_known_on_days(engine, days, CITY, ["revenue_cny"])
    for day, frame in zip(days, at_once, strict=True):
        alone = facts.as_known_on(engine, day, columns=["revenue_cny"])
        pd.testing.assert_frame_equal(frame.dropna(), alone.dropna(), check_index_type=False)
    assert facts.as_known_on_days(engine, [], CITY, ["revenue_cny"]) == []
