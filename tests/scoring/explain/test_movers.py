"""Who moved between two days: counted over all whom the person sees, and told for those that moved far enough."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.tables import Firm
from scoring.explain.movers import crossed_lines, movers, runs_to_compare
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LOTUS_CLERK, MAY_1, MAY_20, found, points_only, score


@pytest.fixture
def engine(sqlite_engine):
    """Lotus rises by six points over the seed pool's line, Banyan falls by five, Kapok by almost five."""
    found(sqlite_engine)
    score(sqlite_engine, {LOTUS: 55.0, BANYAN: 61.0, KAPOK: 60.0}, as_of=MAY_1)
    score(sqlite_engine, {LOTUS: 61.0, BANYAN: 56.0, KAPOK: 55.01}, as_of=JUNE_1)
    return sqlite_engine


def moved(engine, tmp_path, person=CHEN, **more):
    return movers(engine, tmp_path, person, **more)


def test_those_that_moved_by_five_points_are_listed_the_furthest_first(engine, tmp_path):
    told = moved(engine, tmp_path)
    assert [(each.firm_id, each.change.total) for each in told.firms] == [(LOTUS, 6.0), (BANYAN, -5.0)]
    assert (told.compared, told.rose, told.fell, told.new, told.gone) == (3, 1, 1, 0, 0)
    assert (told.before.as_of, told.now.as_of) == (MAY_1, JUNE_1)


def test_the_line_that_was_crossed_is_named_and_one_that_was_only_neared_is_not(engine, tmp_path):
    told = moved(engine, tmp_path, least=1.0)
    crossed = {each.firm_id: [str(line) for line in each.crossed] for each in told.firms}
    assert crossed == {LOTUS: ["达到种子库入库线 60 分"], BANYAN: [], KAPOK: ["低于种子库出库线 56 分"]}


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        (59.99, 60.0, 1),
        (60.0, 61.0, 0),
        (56.0, 55.99, 1),
        (55.99, 50.0, 0),
        (50.0, 80.0, 2),
        (80.0, 50.0, 2),
        (61.0, 61.0, 0),
    ],
)
def test_a_line_lies_between_two_scores_or_not(before, now, lines):
    assert len(crossed_lines(points_only(), before, now)) == lines
    assert crossed_lines(None, before, now) == []


def test_a_district_sees_and_counts_its_own_firms_and_a_firm_itself(engine, tmp_path):
    with Session(engine) as session:
        mine = {firm.id for firm in session.query(Firm) if firm.district_code == JIANGHAI.district_code}
    told = moved(engine, tmp_path, JIANGHAI, least=0.1)
    assert {each.firm_id for each in told.firms} == mine & {LOTUS, BANYAN, KAPOK}
    assert told.compared == len(told.firms)
    assert [each.firm_id for each in moved(engine, tmp_path, LOTUS_CLERK).firms] == [LOTUS]
    department = Person(9, "税务局", Role.DEPARTMENT, department="tax")
    with pytest.raises(NotAllowed):
        moved(engine, tmp_path, department)
    assert moved(engine, tmp_path, ANA).compared == 3


def test_firms_that_only_one_of_the_days_scores_are_counted_apart(engine, tmp_path):
    score(engine, {LOTUS: 70.0, "91440703MA5C00010A": 50.0}, as_of=date(2024, 6, 2)) if _add(engine) else None
    told = moved(engine, tmp_path, since=MAY_1)
    assert (told.compared, told.new, told.gone) == (1, 1, 2)


def _add(engine) -> bool:
    found(engine, "91440703MA5C00010A")
    return True


def test_a_day_without_scores_is_refused_with_the_days_that_there_are(engine, tmp_path):
    with pytest.raises(NotFound, match="2024-05-01"):
        moved(engine, tmp_path, since=MAY_20)
    with Session(engine) as session:
        assert [run.as_of for run in runs_to_compare(session)] == [JUNE_1, MAY_1]


def test_with_scores_of_one_day_there_is_nothing_to_compare(sqlite_engine, tmp_path):
    found(sqlite_engine)
    with pytest.raises(NotFound, match="尚无评分"):
        moved(sqlite_engine, tmp_path)
    score(sqlite_engine, {LOTUS: 55.0}, as_of=MAY_1)
    with pytest.raises(NotFound, match="一天"):
        moved(sqlite_engine, tmp_path)
