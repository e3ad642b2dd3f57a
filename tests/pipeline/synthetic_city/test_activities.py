"""The activities of the made-up city: plausible, of its own seed, and taken in whole by the real import."""

from datetime import datetime

import pandas as pd
from sqlalchemy import create_engine

from pipeline.activities.kinds import activity_kinds
from pipeline.activities.known import activities_as_known_on, standing_on
from pipeline.intake import importing
from pipeline.store.database import open_database
from pipeline.synthetic_city.activities.drawing import draw_activities
from pipeline.synthetic_city.activities.workbook import MAP, write_activities
from tests.pipeline.synthetic_city.conftest import UNTIL

NOW = datetime(2026, 11, 22, 9)


def test_a_city_has_every_kind_and_some_of_what_ends_stands_and_some_has_ended(city):
    made = draw_activities(city, 0)
    assert set(made["kind"]) == set(activity_kinds().kinds)
    day = pd.Timestamp(UNTIL)
    assert pd.to_datetime(made["occurred_on"]).max() <= day
    ended = pd.to_datetime(made["ended_on"])
    for kind in ("technology_loan", "incubated", "tech_sme_listed", "famous_product", "renovation"):
        of_kind = ended[made["kind"] == kind]
        assert (of_kind < day).any()
        assert (~(of_kind < day)).any()
    centres = made[made["kind"] == "collaboration_centre"]
    assert 60 <= len(centres) <= 80
    spend = city.facts.groupby(level="firm_id")["rd_spend_cny"].last()
    assert spend[centres["firm_id"]].median() > 2 * spend.median(), "better firms have platforms"
    staff = city.facts.groupby(level="firm_id")["staff"].last()
    assert staff[made.loc[made["kind"] == "tech_sme_listed", "firm_id"]].max() <= 500


def test_the_same_seed_draws_the_same_and_another_another(city):
    first = draw_activities(city, 0)
    pd.testing.assert_frame_equal(first, draw_activities(city, 0))
    assert not first.equals(draw_activities(city, 1))


def test_its_workbook_comes_in_whole_with_nothing_refused(small_files, tmp_path):
    path = write_activities(tmp_path, small_files.city, 3)
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    open_database(url).dispose()
    engine = create_engine(url)
    request = importing.ImportRequest.of(path, MAP, by="test", now=NOW, today=UNTIL)
    report = importing.import_activities(engine, request)
    assert report.added == len(draw_activities(small_files.city, 3))
    known = activities_as_known_on(engine, UNTIL)
    assert 0 < len(standing_on(known, UNTIL)) < len(known) == report.added
