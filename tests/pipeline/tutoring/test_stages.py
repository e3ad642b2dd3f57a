"""The stages of tutoring: their order, the ways out, and where a firm's events put it."""

import pytest

from pipeline.tutoring.stages import EVENTS, EXITS, FIRST, LAST, STAGES, outcomes_from, reached, stage_after


def test_every_stage_can_be_reached_and_leads_to_the_exchange():
    seen, border = set(), [FIRST]
    while border:
        stage = border.pop()
        if stage not in seen:
            seen.add(stage)
            border += STAGES[stage].follows
    assert seen == set(STAGES)
    assert STAGES[LAST].follows == ()


def test_every_stage_but_the_last_has_a_way_out():
    assert all(outcomes_from(stage) for stage in STAGES if stage != LAST)
    assert outcomes_from(LAST) == ()


def test_the_exits_and_stages_are_those_that_were_collected(real_facts):
    import yaml

    collected = yaml.safe_load((real_facts / "rules.yaml").read_text(encoding="utf-8"))["pipeline"]
    assert [stage["id"] for stage in collected["stages"]] == list(STAGES)
    for stage in collected["stages"]:
        assert tuple(stage["typical_months"]) == STAGES[stage["id"]].typical_months or stage["id"] == LAST
    for way in collected["exits"]:
        if way.get("terminal", True):
            ours = EXITS[{"reg_lapsed": "registration_lapsed"}.get(way["id"], way["id"])]
            assert set(way["from"]) <= set(ours.out_of)


def test_every_event_that_a_stage_or_an_exit_makes_has_its_names():
    made = {stage.event for stage in STAGES.values()} | {way.event for way in EXITS.values()}
    assert made - {None} <= set(EVENTS)
    assert all(label.zh and label.en for label in EVENTS.values())


@pytest.mark.parametrize(
    ("events", "stage"),
    [
        ([], "nurture"),
        (["established", "neeq_listed"], "nurture"),
        (["share_reform"], "share_reform"),
        (["share_reform", "advisers_signed"], "share_reform"),
        (["share_reform", "tutoring_filed"], "tutoring_filed"),
        (["tutoring_filed", "tutoring_terminated"], "nurture"),
        (["share_reform", "tutoring_filed", "tutoring_terminated"], "share_reform"),
        (["share_reform", "filed", "withdrawn", "tutoring_filed"], "tutoring_filed"),
        (["filed", "rejected", "filed", "inquiry"], "inquiry"),
        (["listed"], "listed"),
    ],
)
def test_events_put_a_firm_at_the_furthest_stage_since_the_last_way_out(events, stage):
    assert stage_after(events) == stage


def test_being_as_far_along_counts_as_having_reached():
    assert reached("filed", "tutoring_filed")
    assert reached("tutoring_filed", "tutoring_filed")
    assert not reached("share_reform", "tutoring_filed")
