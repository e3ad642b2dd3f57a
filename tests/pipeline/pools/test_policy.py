"""The pools' policy: dated lines, and a file that is refused where it cannot be meant."""

from datetime import date

import pytest
import yaml

from pipeline.errors import WrongFile
from pipeline.pools.model import POINTS, NoPolicy
from pipeline.pools.policy import POINTS_ONLY_FILE, POLICY_FILE, RULES_ONLY_FILE, policy_book, policy_on
from tests.pipeline.pools.city import points_only


@pytest.fixture
def changed(tmp_path):
    """The file of points alone with something changed in it, as a path."""

    def write(change):
        content = yaml.safe_load(POINTS_ONLY_FILE.read_text(encoding="utf-8"))
        change(content)
        file = tmp_path / "pools.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return file

    return write


def problems_of(file):
    with pytest.raises(WrongFile) as caught:
        policy_book(file)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("file", [POLICY_FILE, POINTS_ONLY_FILE])
def test_the_shipped_files_can_be_used_and_say_of_each_line_who_says_so(file):
    policy = policy_book(file).on(date(2026, 5, 1))
    assert policy.seed.leave_points < policy.seed.enter_points
    assert all(line.source and line.confidence and line.zh and line.en for line in policy.lines)
    assert (policy.golden.enter_points is None) == (file == POLICY_FILE)


def test_the_file_for_a_bureau_without_a_model_has_no_line_in_points_and_the_same_golden_seed_pool():
    policy, shipped = (policy_book(file).on(date(2026, 5, 1)) for file in (RULES_ONLY_FILE, POLICY_FILE))
    assert POINTS not in policy.measures
    assert all(line.source and line.confidence and line.zh and line.en for line in policy.lines)
    assert (policy.golden, policy.candidate) == (shipped.golden, shipped.candidate)


@pytest.mark.parametrize(("day", "line"), [(date(2026, 6, 30), 60), (date(2026, 7, 1), 62)])
def test_a_line_rises_on_its_day_and_not_a_day_before(changed, day, line):
    def raise_the_line(content):
        content["seed"]["enter"]["all"][0]["values"][date(2026, 7, 1)] = {
            "value": 62,
            "source": "局务会纪要",
            "confidence": "high",
        }

    assert policy_book(changed(raise_the_line)).on(day).seed.enter_points == line


def test_other_words_about_the_same_lines_leave_the_fingerprint_and_another_line_does_not(changed):
    def reword(content):
        content["seed"]["cap"]["values"][date(2021, 1, 1)]["source"] = "另一来源"

    assert policy_book(changed(reword)).on(date(2026, 5, 1)).fingerprint == points_only().fingerprint

    def widen(content):
        content["seed"]["cap"]["values"][date(2021, 1, 1)]["value"] = 151

    policy_book.cache_clear()
    assert policy_book(changed(widen)).on(date(2026, 5, 1)).fingerprint != points_only().fingerprint


def test_a_day_before_the_first_line_has_no_policy():
    with pytest.raises(NoPolicy, match="2021-01-01"):
        policy_on(date(2020, 12, 31))


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        (["surprise"], 1, "top: 未知"),
        (["seed", "entre"], {}, "entre"),
        (["seed", "cap", "unit"], "places", "firms"),
        (["seed", "cap", "values"], {}, "应按起始日期填写"),
        (["seed", "cap", "values", "someday"], {"value": 1}, "YYYY-MM-DD"),
        (["seed", "cap", "values", date(2021, 1, 1), "value"], 0, "不符"),
        (["seed", "cap", "values", date(2021, 1, 1), "value"], True, "不符"),
        (["seed", "cap", "values", date(2021, 1, 1), "value"], 99.5, "不符"),
        (["held_from_stage", "values", date(2021, 1, 1), "value"], "lunch", "不符"),
        (["held_from_stage", "values", date(2021, 1, 1), "value"], ["tutoring_filed"], "不符"),
        (["seed", "enter", "all", 0, "values", date(2021, 1, 1), "value"], float("nan"), "不符"),
        (["scores_valid_days", "values", date(2021, 1, 1), "value"], 10**12, "不符"),
        (["seed", "cap", "values", date(2021, 1, 1), "source"], None, "内容类型不对"),
        (["seed", "cap", "zh"], 5, "内容类型不对"),
        (["reviewed_on"], "lately", "内容类型不对"),
        (["seed", "cap", "values", date(2021, 1, 1), "confidence"], "sure", "可信度"),
        (["seed", "leave", "any", 0, "values", date(2021, 1, 1), "value"], 60, "出库线必须低于入库线"),
        (["golden", "enter", "all", 0, "values", date(2021, 1, 1), "value"], 60, "必须高于种子库"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_place(changed, path, value, complaint):
    def change(content):
        place = content
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value

    found = problems_of(changed(change))
    assert any(complaint in problem or str(path[-1]) in problem for problem in found), found


def test_a_missing_line_is_refused(changed):
    assert any(
        "golden" in problem and "cap" in problem
        for problem in problems_of(changed(lambda content: content["golden"].pop("cap")))
    )


def test_a_line_that_begins_later_than_the_others_is_refused_for_the_days_before(changed):
    def later(content):
        values = content["golden"]["cap"]["values"]
        values[date(2022, 1, 1)] = values.pop(date(2021, 1, 1))

    assert any("2021-01-01" in problem for problem in problems_of(changed(later)))


def test_the_same_day_twice_is_refused(tmp_path):
    text = POINTS_ONLY_FILE.read_text(encoding="utf-8")
    line = "2021-01-01: {value: 60,"
    assert line in text
    doubled = text.replace(line, f"2021-01-01: {{value: 58, source: x, confidence: low}}, {line}", 1)
    file = tmp_path / "pools.yaml"
    file.write_text(doubled, encoding="utf-8")
    assert any("2021-01-01" in problem for problem in problems_of(file))


def test_every_fault_of_the_file_comes_in_one_list(changed):
    def two_faults(content):
        content["seed"]["cap"]["values"][date(2021, 1, 1)]["value"] = -1
        content["golden"]["cap"]["values"][date(2021, 1, 1)]["confidence"] = "sure"

    assert len(problems_of(changed(two_faults))) == 2
