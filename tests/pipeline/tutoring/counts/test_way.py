"""The way to the market, counted: each step holds those of the next, and who left is counted apart."""

from datetime import date

import pytest
from sqlalchemy import true
from sqlalchemy.orm import Session

from pipeline.tutoring.counts.way import WAY, stages_from, way_of_firms
from pipeline.tutoring.stages import STAGES, stage_after
from tests.cast import BANYAN, KAPOK, LOTUS, happened
from tests.pipeline.pools.city import JUNE_1, found


def way(engine, on=JUNE_1):
    with Session(engine) as session:
        return way_of_firms(session, on, true())


def on_its_way(engine, firm, *kinds):
    for month, kind in enumerate(kinds, start=1):
        happened(engine, firm, kind, date(2023, month, 1))


@pytest.fixture
def city(engine):
    found(engine)
    on_its_way(engine, LOTUS, "share_reform", "tutoring_filed", "tutoring_terminated")
    on_its_way(engine, BANYAN, "tutoring_filed", "filed", "listed")
    happened(engine, KAPOK, "neeq_listed", date(2023, 1, 1))
    return engine


def test_a_firm_stands_before_the_step_that_it_left_and_is_still_counted_as_having_come_there(city):
    lotus = way(city).loc[LOTUS]
    assert (lotus["furthest"], lotus["stands"]) == ("tutoring_filed", "share_reform")
    assert (lotus["left"], lotus["left_on"]) == ("tutoring_terminated", date(2023, 3, 1))


def test_a_firm_list_row_has_come_through_every_step_though_nobody_stated_each(city):
    banyan = way(city).loc[BANYAN]
    assert (banyan["furthest"], banyan["stands"], banyan["left"]) == ("listed", "listed", None)
    assert all(banyan["furthest"] in stages_from(step) for step in WAY)


def test_who_comes_back_as_far_has_not_left(city):
    happened(city, LOTUS, "tutoring_filed", date(2024, 1, 1))
    lotus = way(city).loc[LOTUS]
    assert (lotus["stands"], lotus["left"], lotus["since"]) == ("tutoring_filed", None, date(2023, 2, 1))


def test_what_lies_beside_the_way_and_what_is_not_known_yet_count_nothing(city):
    assert KAPOK not in way(city).index
    assert way(city, on=date(2023, 1, 1)).loc[LOTUS, "furthest"] == "share_reform"
    assert way(city, on=date(2022, 1, 1)).empty


def test_who_has_only_left_stands_at_the_beginning(city):
    happened(city, KAPOK, "withdrawn", date(2023, 5, 1))
    kapok = way(city).loc[KAPOK]
    assert (kapok["furthest"], kapok["stands"], kapok["left"]) == ("nurture", "nurture", None)


def test_a_firm_stands_where_its_events_put_its_case(city):
    kinds = ["advisers_signed", "share_reform", "tutoring_filed", "withdrawn", "tutoring_filed", "tutoring_passed"]
    on_its_way(city, KAPOK, *kinds)
    assert way(city).loc[KAPOK, "stands"] == stage_after(kinds) == "tutoring_passed"


def test_each_step_of_the_way_begins_further_than_the_one_before():
    places = [list(STAGES).index(stage) for stage in WAY.values()]
    assert places == sorted(set(places))
