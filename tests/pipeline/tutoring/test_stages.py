"""The stages of tutoring: their order, the ways out, and where a firm's events put it."""

import pytest

from pipeline.intake.mapping import column_maps
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


#: Stages that were collected under one id for two: ours are both.
_COLLECTED = {"tutoring_accepted": "tutoring_passed"}


def test_the_exits_and_stages_are_those_that_were_collected(real_facts):
    import yaml

    collected = yaml.safe_load((real_facts / "rules.yaml").read_text(encoding="utf-8"))["pipeline"]
    theirs = [_COLLECTED.get(stage["id"], stage["id"]) for stage in collected["stages"]]
    assert [stage for stage in STAGES if stage in theirs] == theirs
    assert set(STAGES) - set(theirs) == {"tutoring_accepted", "accepted"}
    for way in collected["exits"]:
        if way.get("terminal", True):
            ours = EXITS[{"reg_lapsed": "registration_lapsed"}.get(way["id"], way["id"])]
            assert {_COLLECTED.get(stage, stage) for stage in way["from"]} <= set(ours.out_of)


def test_every_event_that_a_stage_or_an_exit_makes_has_its_names():
    made = {stage.event for stage in STAGES.values()} | {way.event for way in EXITS.values()}
    assert made - {None} <= set(EVENTS)


def test_every_kind_of_event_has_two_names_a_meaning_and_a_place_on_the_way():
    for kind in EVENTS.values():
        assert kind.zh, kind
        assert kind.en, kind
        assert kind.meaning.zh, kind
        assert kind.meaning.en, kind
        assert kind.place in STAGES or kind.place in EXITS
    assert len({kind.zh for kind in EVENTS.values()}) == len({kind.en for kind in EVENTS.values()}) == len(EVENTS)


@pytest.mark.parametrize("name", [name for name in column_maps.names() if column_maps.load(name).kind == "events"])
def test_every_word_of_a_form_is_a_kind_of_event_of_the_same_name(name):
    form = column_maps.load(name)
    rules = [rule for sheet in form.sheets if (rule := sheet.with_role("event"))]
    words = {word: kind for rule in rules for word, kind in rule.words.items()}
    assert {*words.values(), *([form.event] if form.event else [])} <= set(EVENTS)
    for word, kind in words.items():
        assert EVENTS[kind].zh in {word, *_ALSO_CALLED.get(kind, ())}


#: Kinds that people call by another word than the city's form.
_ALSO_CALLED = {
    "advisers_signed": ("签约中介",),
    "prospectus_signed": ("签署招股书",),
    "registered": ("注册生效",),
    "withdrawn": ("撤回申请",),
    "terminated": ("终止审核",),
    "rejected": ("否决或不予注册",),
}


def test_every_kind_of_the_made_up_city_has_its_names():
    from pipeline.synthetic_city.stages import _EXITS, _STAGES

    assert {*_STAGES, *_EXITS} <= set(EVENTS)


@pytest.mark.parametrize(
    ("kind", "zh"),
    [
        ("tutoring_accepted", "辅导备案受理"),
        ("tutoring_passed", "辅导验收"),
        ("filed", "申报"),
        ("accepted", "受理"),
    ],
)
def test_what_is_accepted_is_not_what_is_passed_and_what_is_filed_not_what_is_accepted(kind, zh):
    assert EVENTS[kind].zh == STAGES[kind].zh == zh


def test_a_map_that_yields_a_kind_nobody_knows_is_refused_by_its_name():
    columns = {
        "code": {"is": "firm"},
        "what": {"is": "event", "words": {"上会": "on_the_moon"}},
        "day": {"is": "occurred_on"},
    }
    content = {"kind": "events", "firm": "credit_code", "source": "survey", "columns": columns}
    with pytest.raises(column_maps.WrongMap, match="on_the_moon"):
        column_maps.from_content("ours", content)


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
        (["tutoring_filed", "tutoring_accepted"], "tutoring_accepted"),
        (["tutoring_accepted", "tutoring_passed", "filed"], "filed"),
        (["filed", "accepted"], "accepted"),
        (["tutoring_filed", "share_reform", "tutoring_terminated"], "share_reform"),
    ],
)
def test_events_put_a_firm_at_the_furthest_stage_since_the_last_way_out(events, stage):
    assert stage_after(events) == stage


def test_being_as_far_along_counts_as_having_reached():
    assert reached("filed", "tutoring_filed")
    assert reached("tutoring_filed", "tutoring_filed")
    assert not reached("share_reform", "tutoring_filed")
