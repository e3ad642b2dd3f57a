"""Activities of firms: the kinds that there are, and what was known of them on a day."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.activities.kinds import FIELDS, activity_kinds
from pipeline.activities.known import activities_as_known_on, standing_on
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Firm
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import found

ON_SQLITE_ALONE = True
DAY = date(2026, 5, 1)


@pytest.fixture
def city(engine):
    found(engine)
    centre = {"kind": "collaboration_centre", "name": "中心", "occurred_on": date(2024, 3, 1)}
    rows = [
        FirmActivity(firm_id=LOTUS, known_on=date(2024, 3, 5), ended_on=DAY, **centre),
        FirmActivity(firm_id=BANYAN, known_on=date(2026, 5, 2), **centre),
        FirmActivity(firm_id=KAPOK, known_on=date(2024, 3, 5), in_force=False, **centre),
        FirmActivity(
            firm_id=LOTUS,
            kind="risk_pool_loan",
            counterpart="某行",
            amount_fen=123_456_789_012,
            occurred_on=date(2025, 1, 2),
            known_on=date(2025, 1, 2),
        ),
    ]
    with Session(engine) as session, session.begin():
        audit.touch(session, Firm, Firm.id.in_([LOTUS, BANYAN, KAPOK]))
        session.add_all(rows)
    return engine


def test_every_kind_has_a_group_and_needs_only_what_it_asks_for():
    kinds = activity_kinds()
    assert {kind.group for kind in kinds.kinds.values()} == set(kinds.groups)
    for kind in kinds.kinds.values():
        assert set(kind.needs) <= set(kind.asks) <= set(FIELDS)
        assert ("counterpart" in kind.asks) == (kind.counterpart is not None)
        assert ("level" in kind.asks) == bool(kind.levels)


@pytest.mark.parametrize(
    "wrong",
    [
        "k: {group: none, zh: 甲, en: a}",
        "k: {group: g, zh: 甲, en: a, asks: {colour: true}}",
        "k: {group: g, zh: 甲, en: a, needs: [amount]}",
        "k: {group: g, zh: 甲, en: a, level: 1}",
    ],
)
def test_a_kind_of_no_group_or_with_an_unknown_field_is_refused(tmp_path, wrong):
    file = tmp_path / "activities.yaml"
    file.write_text(f"groups:\n  g: {{zh: 组, en: group}}\nkinds:\n  {wrong}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"activities\.yaml, k"):
        activity_kinds(file)


@pytest.mark.both_databases
def test_only_what_is_in_force_and_was_known_on_the_day_is_read(city):
    known = activities_as_known_on(city, DAY)
    assert list(known["firm_id"]) == [LOTUS, LOTUS]
    assert list(known["kind"]) == ["collaboration_centre", "risk_pool_loan"]
    assert known["amount_fen"].tolist()[1] == 123_456_789_012
    later = activities_as_known_on(city, date(2026, 5, 2), kinds=["collaboration_centre"])
    assert list(later["firm_id"]) == [LOTUS, BANYAN]
    assert list(activities_as_known_on(city, date(2026, 5, 2), firms=[BANYAN])["firm_id"]) == [BANYAN]


def test_an_activity_stands_on_its_last_day_and_no_longer_on_the_next(city):
    known = activities_as_known_on(city, date(2026, 5, 2))
    assert list(standing_on(known, DAY)["firm_id"]) == [LOTUS, BANYAN, LOTUS]
    assert list(standing_on(known, date(2026, 5, 2))["firm_id"]) == [BANYAN, LOTUS]
    assert standing_on(known, date(2024, 2, 29)).empty
