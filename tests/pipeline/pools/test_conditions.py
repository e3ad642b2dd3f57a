"""Conditions beyond points: one YAML line each, decided by the rules' engine; unknown is neither met nor failed."""

import shutil
from datetime import date, datetime

import pandas as pd
import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pipeline.errors import WrongFile
from pipeline.pools import deciding, in_force
from pipeline.pools.inputs import read_inputs
from pipeline.pools.model import Policy
from pipeline.pools.policy import POINTS_ONLY_FILE, policy_book
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.rules.definition.parse import read_folder
from pipeline.store.tables import ImportFinding
from tests.cast import BANYAN, KAPOK, LOTUS, state
from tests.pipeline.pools.city import MAY_1, confirm_all, found, points_only, pools, proposed, review, score

TEXT = POINTS_ONLY_FILE.read_text(encoding="utf-8")
#: The line of the shipped file below which one more condition goes.
SEED_ENTER = next(line for line in TEXT.splitlines() if "value: 60," in line)
SEED_LEAVE = next(line for line in TEXT.splitlines() if "value: 56," in line)
HNTE = '      - {fact: hnte_valid, is: "==", values: {2024-01-01: true}}'
NO_FINDING = '      - {fact: open_findings, is: "==", unit: count, values: {2024-01-01: 0}}'
TWO_YEARS = '      - {fact: hnte_held_years, is: ">=", unit: years, values: {2024-01-01: 2}}'


@pytest.fixture
def with_line(tmp_path, monkeypatch):
    """The shipped policy with one more line below another; reviews go by it."""

    def write(line: str, below: str = SEED_ENTER) -> Policy:
        file = tmp_path / "pools.yaml"
        file.write_text(TEXT.replace(below, f"{below}\n{line}"), encoding="utf-8")
        book = policy_book(file)
        monkeypatch.setattr(in_force, "POLICY_FILE", file)
        return book.on(MAY_1)

    return write


def problems_of(tmp_path, text: str) -> list[str]:
    file = tmp_path / "pools.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongFile) as caught:
        policy_book(file)
    return [str(problem) for problem in caught.value.problems]


def known(**columns: list[object]) -> pd.DataFrame:
    """What is known of three firms on the day of the review."""
    return pd.DataFrame(columns, index=pd.Index(["Valid", "Ended", "Silent"], name="firm_id"))


def entered(policy: Policy, facts: pd.DataFrame | None, points: float = 60.0) -> list[str]:
    scores = pd.Series({"Valid": points, "Ended": points, "Silent": points})
    return list(proposed(scores, pd.Series(dtype="object"), [], [], policy, facts).changes.index)


CERTIFICATES = {"hnte_expires_on": pd.to_datetime(["2025-05-01", "2024-04-30", None])}


def test_a_condition_is_one_line_and_where_it_is_met_a_firm_enters_and_not_where_it_is_unknown_or_failed(with_line):
    policy = with_line(HNTE)
    assert policy.measures == {"points", "hnte_valid"}
    assert entered(policy, known(**CERTIFICATES)) == ["Valid"]
    assert entered(policy, known(**CERTIFICATES), points=59.9) == []
    assert entered(policy, None) == []  # nothing is known of any firm
    assert entered(points_only(), known(**CERTIFICATES)) == ["Ended", "Silent", "Valid"]


@pytest.mark.parametrize(("issued", "enters"), [("2022-05-01", True), ("2022-05-02", False)])
def test_two_years_of_a_certificate_are_two_whole_years(with_line, issued, enters):
    issued_on = pd.to_datetime([issued, None, None])
    assert entered(with_line(TWO_YEARS), known(hnte_certified_on=issued_on)) == (["Valid"] if enters else [])


def test_a_condition_is_asked_from_its_first_day_on(tmp_path):
    file = tmp_path / "pools.yaml"
    file.write_text(TEXT.replace(SEED_ENTER, f"{SEED_ENTER}\n{HNTE}"), encoding="utf-8")
    book = policy_book(file)
    assert book.on(date(2023, 12, 31)).measures == {"points"}
    assert book.on(date(2023, 12, 31)).fingerprint == points_only(date(2023, 12, 31)).fingerprint
    assert book.on(date(2024, 1, 1)).measures == {"points", "hnte_valid"}
    assert book.on(date(2024, 1, 1)).fingerprint != points_only(date(2024, 1, 1)).fingerprint
    assert book.on(date(2024, 1, 1)).seed.enter_points == 60


def test_a_member_leaves_where_a_condition_of_leaving_is_met_and_stays_where_it_is_unknown(with_line):
    policy = with_line(HNTE.replace("true", "false"), below=SEED_LEAVE)
    scores = pd.Series({"Valid": 70.0, "Ended": 70.0, "Silent": 70.0})
    members = pd.Series(dict.fromkeys(scores.index, "golden"), dtype="object")
    found = proposed(scores, members, [], [], policy, known(**CERTIFICATES)).changes
    assert found[["action", "reason"]].to_dict("index") == {"Ended": {"action": "exit", "reason": "exit_conditions"}}
    assert [label.en for label in found.loc["Ended", "conditions"]] == ["HNTE certificate in force ＝ no"]


def test_a_review_reads_what_a_condition_asks_for_and_its_reason_names_every_condition(engine: Engine, with_line):
    with_line(HNTE)
    found(engine)
    state(engine, LOTUS, 2023, hnte_expires_on=date(2025, 1, 1))
    state(engine, BANYAN, 2023, hnte_expires_on=date(2024, 4, 1))
    score(engine, {LOTUS: 61.25, BANYAN: 70.0, KAPOK: 65.0})
    (proposal,) = review(engine)
    assert (proposal.firm_id, proposal.action, proposal.line_points) == (LOTUS, "enter", None)
    reason = deciding.reason_of(proposal)
    assert str(reason) == "符合种子库入库条件：评分 ≥ 60 分、高企证书有效 ＝ 是。评分 61.2 分，在 3 家企业中列第 3 位。"
    assert reason.in_language("en") == (
        "The seed pool's entry conditions are met: score ≥ 60 points, HNTE certificate in force ＝ yes. "
        "61.2 points: rank 3 of 3 firms."
    )
    confirm_all(engine)
    assert pools(engine) == {LOTUS: "seed"}


@pytest.mark.parametrize(
    ("known_on", "settled_at", "counts"),
    [
        (date(2024, 4, 30), None, True),
        (MAY_1, None, True),
        (date(2024, 5, 2), None, False),
        (date(2024, 4, 30), datetime(2024, 5, 1, 23, 0), False),
        (date(2024, 4, 30), datetime(2024, 5, 2, 0, 0), True),
    ],
)
def test_of_a_past_day_the_findings_count_that_were_known_and_open_then(
    engine, with_line, known_on, settled_at, counts
):
    policy = with_line(NO_FINDING)
    found(engine)
    brought_by = state(engine, LOTUS, 2023, known_on=known_on)
    settled = {"state": "explained", "settled_at": settled_at} if settled_at else {}
    with Session(engine) as session, session.begin():
        session.add(_finding(brought_by, LOTUS, **settled))
    with Session(engine) as session:
        inputs = read_inputs(session, MAY_1, policy, pd.Series({LOTUS: 70.0, KAPOK: 61.0}))
    assert inputs.firms["open_findings"].to_dict() == {LOTUS: float(counts), KAPOK: 0.0}


def test_a_firm_with_an_open_finding_does_not_enter_and_one_of_which_nothing_is_open_does(engine: Engine, with_line):
    with_line(NO_FINDING)
    found(engine)
    brought_by = state(engine, LOTUS, 2023)
    with Session(engine) as session, session.begin():
        session.add(_finding(brought_by, LOTUS))
    score(engine, {LOTUS: 70.0, KAPOK: 61.0})
    (proposal,) = review(engine)
    assert proposal.firm_id == KAPOK
    with Session(engine) as session, session.begin():
        session.query(ImportFinding).update({"state": "explained"})
    assert {proposal.firm_id for proposal in review(engine)} == {LOTUS, KAPOK}


def test_the_form_of_the_earlier_version_is_refused_with_the_new_form(tmp_path):
    old = """
zh: 种子库与金种子库的入库、出库线
en: Entry and exit lines of the seed and golden-seed pools
reviewed_on: 2026-11-22
lines:
  seed_enter_points:
    {zh: 入库线, en: Entry line, unit: points, values: {2021-01-01: {value: 60, source: x, confidence: low}}}
"""
    (problem,) = problems_of(tmp_path, old)
    assert "旧版本" in problem
    assert '{fact: points, is: ">=", unit: points' in problem


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{fact: pionts, is: ">=", unit: points, values: {2024-01-01: 60}}', "pionts"),
        ('{fact: points, is: ">=", unit: 10k CNY, values: {2024-01-01: 60}}', "10k CNY"),
        ('{fact: points, window: growth_1, is: ">=", unit: ratio, values: {2024-01-01: 0.1}}', "growth_1"),
        ('{fact: hnte_valid, is: "==", values: {2024-01-01: maybe}}', "maybe"),
        ('{fact: hnte_valid, is: "==", values: {}}', "seed, enter"),
        ('{fact: hnte_valid, is: "==", only: [bse], values: {2024-01-01: true}}', "only"),
        ('{fact: hnte_valid, is: "==", values: {2024-01-01: {value: true, confidence: sure}}}', "sure"),
        ("{rule: hnte}", "rule"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_refused_as_in_the_rule_books(tmp_path, line, complaint):
    problems = problems_of(tmp_path, TEXT.replace(SEED_ENTER, f"{SEED_ENTER}\n      - {line}"))
    assert any(complaint in problem for problem in problems), problems


def test_a_line_of_which_nobody_says_where_it_comes_from_is_refused(tmp_path):
    nameless = TEXT.replace("source: 本局自定\n", "")
    assert any(
        "source" in problem for problem in problems_of(tmp_path, nameless.replace(SEED_ENTER, f"{SEED_ENTER}\n{HNTE}"))
    )


def test_no_rule_of_an_exchange_may_ask_for_points(tmp_path):
    for file in RULES_FOLDER.glob("*.yaml"):
        shutil.copy(file, tmp_path / file.name)
    book = tmp_path / "bse.yaml"
    text = book.read_text(encoding="utf-8")
    assert "fact: market_value, window: now" in text
    book.write_text(text.replace("fact: market_value, window: now", "fact: points, window: now", 1), encoding="utf-8")
    with pytest.raises(WrongFile, match="points"):
        read_folder(tmp_path)


def test_the_example_of_the_readme_can_be_used(tmp_path):
    readme = (RULES_FOLDER / "README.md").read_text(encoding="utf-8").split("## The pools")[1]
    lines = [line for line in readme.splitlines() if line.strip().startswith("- {fact:")]
    file = tmp_path / "pools.yaml"
    file.write_text(TEXT.replace(SEED_ENTER, "\n".join(lines)), encoding="utf-8")
    policy = policy_book(file).on(date(2027, 1, 1))
    assert policy.measures == {"points", "hnte_held_years", "open_findings"}
    assert {line.source for line in policy.lines} >= {"局务会纪要 2026-11", "本局自定"}


def _finding(brought_by: int, firm: str, **more: object) -> ImportFinding:
    about = {"year": 2023, "kind": "growth", "field": "revenue_cny", "sheet": "-", "msgid": "-", "params": {}}
    return ImportFinding(import_id=brought_by, firm_id=firm, **about, **more)
