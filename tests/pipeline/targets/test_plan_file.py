"""The file of targets: what is read, and that everything that cannot be meant is refused by its place."""

from datetime import date

import pytest

from pipeline.errors import NotFound, WrongFile
from pipeline.targets.model import Goal
from pipeline.targets.plan_file import plans, target_of

_PLAN = """
reviewed_on: 2026-12-01
plans:
  p:
    zh: 甲
    en: a
    baseline: 2020-12-31
    ends: 2023-12-31
    source: 某
    confidence: low
    targets:
      t: {zh: 乙, en: b, activity: [collaboration_centre], goals: [{at_least: 3}]}
"""


def test_the_plan_of_2021_wants_what_its_text_says():
    goals = {target.id: target.goals for target in target_of("plan-2021-2023", "hnte")[0].targets}
    assert goals["hnte"] == (Goal("over", 2200), Goal("grown_by", 350))
    assert goals["above_scale"] == (Goal("over", 1200), Goal("grown_by", 200))
    assert goals["rd_spenders"] == (Goal("times", 2),)
    assert goals["centres"] == (Goal("at_least", 100),)
    assert goals["large"] == (Goal("at_least", 120),)
    assert goals["listed"] == (Goal("times", 2), Goal("grown_by", 10))


@pytest.mark.parametrize(
    ("goal", "baseline", "needed"),
    [
        (Goal("over", 2200), None, 2201),
        (Goal("at_least", 120), None, 120),
        (Goal("grown_by", 350), 1850, 2200),
        (Goal("grown_by", 350), None, None),
        (Goal("times", 2), 12, 24),
        (Goal("times", 2), None, None),
    ],
)
def test_more_than_so_many_is_one_more_and_growth_needs_a_baseline(goal, baseline, needed):
    assert goal.needed(baseline) == needed


def test_a_plan_or_target_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(NotFound, match="plan-2021-2023"):
        target_of("none", "hnte")
    with pytest.raises(NotFound, match="above_scale"):
        target_of("plan-2021-2023", "none")


def read(tmp_path, text):
    file = tmp_path / "targets.yaml"
    file.write_text(text, encoding="utf-8")
    return plans(file)


def test_a_small_file_is_read(tmp_path):
    (plan,) = read(tmp_path, _PLAN)
    assert (plan.baseline, plan.ends, plan.targets[0].goals) == (
        date(2020, 12, 31),
        date(2023, 12, 31),
        (Goal("at_least", 3),),
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("goals: [{at_least: 3}]", "goals: []"),
        ("goals: [{at_least: 3}]", "goals: [{at_most: 3}]"),
        ("goals: [{at_least: 3}]", "goals: [{at_least: 3.5}]"),
        ("goals: [{at_least: 3}]", "goals: [{at_least: 3}], colour: red"),
        ("activity: [collaboration_centre]", "activity: [none]"),
        ("activity: [collaboration_centre]", "labels: [none]"),
        ("activity: [collaboration_centre], ", ""),
        ("activity: [collaboration_centre]", "event: none"),
        ("activity: [collaboration_centre]", "needs: {fact: none, is: '==', values: {2016-01-01: true}}"),
        ("activity: [collaboration_centre]", "labels: [above_scale], counts: activities"),
        ("goals: [{at_least: 3}]", 'goals: [{at_least: 3}], districts: {"440703": 3}'),
        ("goals: [{at_least: 3}]", "goals: [{at_least: 3}], milestones: {soon: 3}"),
        ("ends: 2023-12-31", "ends: 2020-12-31"),
        ("confidence: low", "confidence: sure"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path, old, new):
    assert old in _PLAN
    with pytest.raises(WrongFile, match=r"targets\.yaml"):
        read(tmp_path, _PLAN.replace(old, new))
