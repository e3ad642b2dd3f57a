"""Laws of the verdicts: three-valued logic, and that better figures never cost a firm a rule."""

from datetime import date
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.rules.definition import rule_books
from pipeline.rules.definition.model import Condition, Group, Meets, Node, ResolvedCondition, Threshold
from pipeline.rules.definition.units import UNITS
from pipeline.rules.definition.windows import window
from pipeline.rules.evaluation import conditions, evaluate, measure_values
from pipeline.rules.evaluation.conditions import MET, NOT_MET, UNKNOWN, Outcome
from pipeline.rules.evaluation.firm_years import FirmYears
from tests.pipeline.rules.firms import SHORT, facts_and_firms

DAY = date(2024, 6, 1)
STATES = st.sampled_from([NOT_MET, UNKNOWN, MET])
NOBODY = FirmYears(*facts_and_firms({"Lotus": {"profit": {2023: 1}}}), DAY)


def state(node: Node, **leaves: np.uint8) -> int:
    """What a tree says where its leaves (references by name) have these states."""
    rules = {name: conditions.whole_gap(Meets(name), np.array([value], np.uint8)) for name, value in leaves.items()}
    return int(conditions.evaluated(node, NOBODY, {}, rules).state[0])


def tree(kind: str, *names: str) -> Group:
    return Group(kind, tuple(Meets(name) for name in names))


@given(STATES, STATES)
def test_all_is_as_bad_as_its_worst_and_any_as_good_as_its_best(a: np.uint8, b: np.uint8) -> None:
    assert state(tree("all", "a", "b"), a=a, b=b) == min(a, b)
    assert state(tree("any", "a", "b"), a=a, b=b) == max(a, b)


@given(STATES, STATES)
def test_the_laws_of_de_morgan_hold(a: np.uint8, b: np.uint8) -> None:
    not_all = Group("not", (tree("all", "a", "b"),))
    any_not = Group("any", (tree("not", "a"), tree("not", "b")))
    assert state(not_all, a=a, b=b) == state(any_not, a=a, b=b)


@given(STATES)
def test_not_of_unknown_is_unknown_and_twice_not_is_the_thing_itself(a: np.uint8) -> None:
    assert state(Group("not", (tree("not", "a"),)), a=a) == a
    assert (state(tree("not", "a"), a=a) == UNKNOWN) == (a == UNKNOWN)


@given(STATES, STATES)
def test_if_then_is_not_the_first_or_the_second(a: np.uint8, b: np.uint8) -> None:
    assert state(tree("if_then", "a", "b"), a=a, b=b) == max(MET - a, b)


@given(STATES, STATES, STATES)
def test_learning_what_was_unknown_never_turns_a_decided_verdict(a: np.uint8, b: np.uint8, learnt: np.uint8) -> None:
    for kind in ("all", "any", "if_then"):
        before = state(tree(kind, "a", "b"), a=UNKNOWN, b=b)
        if before != UNKNOWN:
            assert state(tree(kind, "a", "b"), a=learnt, b=b) == before


@given(STATES, STATES, STATES)
def test_a_firm_is_not_away_from_a_rule_exactly_where_it_is_met(a: np.uint8, b: np.uint8, c: np.uint8) -> None:
    node = Group("all", (tree("any", "a", "b"), tree("if_then", "b", "c")))
    rules = {
        name: conditions.whole_gap(Meets(name), np.array([v], np.uint8)) for name, v in (("a", a), ("b", b), ("c", c))
    }
    found: Outcome = conditions.evaluated(node, NOBODY, {}, rules)
    assert (found.conditions_missing[0] == 0) == (found.state[0] == MET)
    assert (found.total_gap_share[0] == 0) == (found.state[0] == MET)


#: Facts whose rise is good, and in which rules more of them is worse all the same: as the whole that a ratio divides
#: by, or as the base of growth. In these the law speaks of the other facts.
GOOD = [
    "profit",
    "cash",
    "rd",
    "value",
    "roe",
    "net_profit_cny",
    "net_assets_cny",
    "rd_staff",
    "invention_patents_main",
    "scientific_staff",
    "class1_ip",
    "hitech_income_cny",
    "rd_expense_hnte_cny",
    "innovation_score",
    "management_stable_years",
]
#: More revenue makes R&D a smaller share of it, so revenue is raised only against rules without that ratio.
WITH_R_AND_D_RATIO = {"star-S2", "bse-S3", "chinext-2026-S4", "kcsx-2024", "neeq-2023-base", "hnte-2016"}
figures = st.one_of(st.none(), st.floats(-30_000, 200_000).map(lambda value: round(value, 2)))
firms_drawn = st.fixed_dictionaries(
    {name: st.fixed_dictionaries(dict.fromkeys((2021, 2022, 2023), figures)) for name in [*GOOD, "revenue"]}
    | {"staff": st.just({2023: 100})}
)


def checked(said: dict[str, object], day: date) -> pd.Series:
    facts, firms = facts_and_firms(
        {"Lotus": {**said, "registered_on": date(2015, 1, 1), "name": "莲芯传感股份有限公司"}}
    )
    rows = pd.concat(
        [evaluate.check(facts, firms, DAY, day).rows, evaluate.check(facts, firms, DAY, day, ["recognition"]).rows]
    )
    return rows.astype("str").set_index(["board", "rule"])["verdict"]


@settings(max_examples=60, deadline=None)
@given(
    firms_drawn,
    st.sampled_from([*GOOD, "revenue"]),
    st.floats(0.01, 500_000),
    st.sampled_from(["2022-06-01", "2024-06-01", "2026-06-01"]),
)
def test_raising_a_fact_in_its_good_direction_never_turns_met_into_not_met(
    said: dict[str, dict[int, float | None]], name: str, more: float, day: str
) -> None:
    latest = said[name][2023]
    if latest is None:
        return
    better = {**said, name: {**said[name], 2023: latest + more}}
    before, after = checked(said, date.fromisoformat(day)), checked(better, date.fromisoformat(day))
    lost = before.index[(before == "met") & (after == "not_met")]
    if name == "revenue":
        lost = lost[
            ~lost.get_level_values("rule").isin([*WITH_R_AND_D_RATIO, "tech_sme", "srdi_prov_2022", "srdi_prov_2026"])
        ]
    assert lost.empty


def _stating(**figures: float) -> dict[str, dict[int, float | None]]:
    """A firm that states these figures of 2023 and nothing else."""
    none = dict.fromkeys((2021, 2022, 2023))
    said = {name: {**none, **({2023: figures[name]} if name in figures else {})} for name in [*GOOD, "revenue"]}
    return {**said, "staff": {2023: 100}}


@settings(max_examples=40, deadline=None)
@example(_stating(profit=2500, value=20_000, roe=1.0, net_profit_cny=0, revenue=1), "profit", 2023)
@given(firms_drawn, st.sampled_from(sorted(set(GOOD) & set(SHORT))), st.sampled_from([2021, 2022, 2023]))
def test_losing_a_figure_never_makes_a_rule_decided_the_other_way(
    said: dict[str, dict[int, float | None]], name: str, year: int
) -> None:
    blank = {**said, name: {**said[name], year: None}}
    if name == "profit":  # with what would stand in for it: another statement is no lost one
        blank["net_profit_cny"] = {**said["net_profit_cny"], year: None}
        if year == 2023 and said["revenue"][2023] is None:
            return  # then 2023 is no year with statements any more, and other years are looked at
    if name == "value":
        return  # an older statement stands in for it
    before, after = checked(said, DAY), checked(blank, DAY)
    turned = ((before == "met") & (after == "not_met")) | ((before == "not_met") & (after == "met"))
    assert not turned.any()


def every_numeric_condition() -> list[tuple[str, ResolvedCondition]]:
    """Each threshold with a number, as it stands on the first day of every edition of its rule and of every line."""
    found = {}
    for book in rule_books.rule_books():
        for rule in book.rules:
            lines = {line.begins for leaf in conditions_of(rule.needs) for line in leaf.lines}
            for day in sorted(lines | {edition.begins for edition in rule.editions}):
                if (held := rule.on(day)) is None:
                    continue
                for leaf in held.conditions:
                    value = leaf.threshold.value
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        found[f"{rule.board} {held.id} {leaf.measure} {leaf.window.name} {leaf.op} {value}"] = leaf
    return list(found.items())


def conditions_of(node: Node) -> list[Condition]:
    if isinstance(node, Group):
        return [leaf for child in node.nodes for leaf in conditions_of(child)]
    return [node] if isinstance(node, Condition) else []


CONDITIONS = every_numeric_condition()


@pytest.mark.parametrize("held", [held for _, held in CONDITIONS], ids=[name for name, _ in CONDITIONS])
def test_both_sides_of_every_threshold(held: ResolvedCondition, monkeypatch: pytest.MonkeyPatch) -> None:
    line = conditions.threshold_in_base(held, {"HKD": 0.9})
    assert line is not None
    # A fen of money, a millionth of a share; below, on and above the line, and unknown.
    step = 0.01 if held.threshold.unit.kind == "money" else 1e-6
    figures = np.array([line - step, line, line + step, np.nan])
    monkeypatch.setattr(conditions, "over_window", lambda _held, _data, _of_year=None: figures)
    for of_year in ("value", "at_most"):
        monkeypatch.setattr(measure_values, of_year, lambda _data, _name, _lag: figures)
    monkeypatch.setattr(conditions, "growth", lambda _data, _name, _lag, _steps: figures)
    below, on, above, unknown = conditions.leaf(held, NOBODY, {"HKD": 0.9}).state
    expected = {
        ">=": (NOT_MET, MET, MET),
        ">": (NOT_MET, NOT_MET, MET),
        "<=": (MET, MET, NOT_MET),
        "<": (MET, NOT_MET, NOT_MET),
        "==": (NOT_MET, MET, NOT_MET),
    }[held.op]
    assert (below, on, above) == expected
    assert unknown == UNKNOWN


def test_there_are_enough_thresholds_to_speak_of_all() -> None:
    assert len(CONDITIONS) > 180


sides = st.one_of(st.none(), st.integers(-3000, 3000).map(float))


@settings(max_examples=150, deadline=None)
@given(
    sides,
    sides,
    sides,
    sides,
    st.sampled_from(["latest", "each_2", "sum_2", "mean_2", "ago_1"]),
    st.sampled_from([">=", ">", "<=", "<", "=="]),
    st.integers(-2000, 2000),
)
def test_the_lower_of_two_sides_is_decided_just_where_every_unknown_side_leaves_it_so(
    before: float | None,
    after: float | None,
    before_2: float | None,
    after_2: float | None,
    over: str,
    op: str,
    line: int,
) -> None:
    """Held against every way to fill the blanks (from far below the line to far above it)."""

    def found(sides: tuple[float | None, ...]) -> int:
        facts, firms = facts_and_firms(
            {
                "Lotus": {
                    "revenue": {2022: 1, 2023: 1},
                    "before": {2023: sides[0], 2022: sides[2]},
                    "after": {2023: sides[1], 2022: sides[3]},
                }
            }
        )
        over_years = window(over)
        assert over_years is not None
        threshold = Threshold(line, DAY, UNITS["10k CNY"], "", (), "high")
        held = ResolvedCondition("net_profit", over_years, op, threshold)
        return int(conditions.leaf(held, FirmYears(facts, firms, DAY), {}).state[0])

    stated = (before, after, before_2, after_2)
    # Twice the range that a sum of two sides can have, on the line, and just beside it.
    fillings = product(*[(side,) if side is not None else (-90_000.0, float(line), 90_000.0) for side in stated])
    possible = {found(filled) for filled in fillings}
    said = found(stated)
    if said != UNKNOWN:
        assert possible == {said}
    elif len(possible) == 1:
        # Only a line that is met exactly, or a sum that wants the very number, is decided by fewer fillings.
        assert op == "==" or over in ("sum_2", "mean_2")


#: Everything that may be said of a firm, in one value or one of three years. Left out is what stands in for something
#: else (the valuation of a round for the expected value), and what the law has everybody know (a quotation).
_SOME_CODES = "C14 C1512 C22 C27 C31 C3041 C38 C39 I65 J66 K70 L72 L7212 P82 P8310 P83"
_YES = st.sampled_from([0, 1])
_STABLE = st.sampled_from([1, 2, 3])
_SINGLE: dict[str, st.SearchStrategy[object]] = {
    "industry_code": st.sampled_from(_SOME_CODES.split()),
    "registered_on": st.sampled_from([date(2015, 1, 1), date(2021, 6, 1), date(2021, 6, 2)]),
    "name": st.sampled_from(["莲芯传感股份有限公司", "莲芯传感有限公司"]),
    "audit_opinion": st.sampled_from(["standard_unqualified", "unqualified", "qualified"]),
    "internal_control_opinion": st.sampled_from(["unqualified", "qualified"]),
    "invention_patents_main": st.sampled_from([4, 5, 7]),
    "management_stable_years": _STABLE,
    "controller_unchanged_years": _STABLE,
    "core_tech_staff_stable_years": _STABLE,
    **dict.fromkeys(
        [
            "independence_ok",
            "going_concern_ok",
            "major_violation_36m",
            "management_penalty_36m",
            "penalty_12m",
            "dishonest_debtor",
            "public_censure_12m",
            "main_board_positioning",
            "modern_industry_field",
            "fused_with_new_economy",
            "star_std5_qualitative",
            "chinext_std3_industry",
            "national_science_award",
        ],
        _YES,
    ),
    "excluded_trade": st.just(0),
    "star_supported_field": st.just(1),
    "value": st.sampled_from([1_000_000.0, 100_000.0, 15_000.0]),
    "rd_staff": st.sampled_from([5, 10, 20]),
    "staff": st.just(100),
}
_YEARLY = ["before", "after", "cash", "rd", "net_assets_cny", "roe_weighted", "roe_weighted_after_nonrecurring"]
#: Mostly large, so that most lines are reached and what is left unsaid decides.
_AMOUNTS = st.sampled_from([12_000.0, 12_000.0, 12_000.0, 6000.0, 1000.0, 0.1, 0.0, -1.0])
_REGIME_DAYS = "2019-03-01 2020-06-11 2020-06-12 2021-04-15 2021-04-16 2021-11-15 2022-12-30 2023-02-16 2023-02-17"


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(_SINGLE),
    st.fixed_dictionaries({name: st.tuples(_AMOUNTS, _AMOUNTS, _AMOUNTS) for name in _YEARLY}),
    st.sets(st.sampled_from([*_SINGLE, *product(_YEARLY, (2021, 2022, 2023))]), min_size=1, max_size=12),
    st.sampled_from([*_REGIME_DAYS.split(), "2024-04-29", "2024-04-30", "2026-06-01"]),
)
def test_more_knowledge_of_a_firm_never_contradicts_what_a_rule_of_any_regime_has_said(
    single: dict[str, object], yearly: dict[str, tuple[float, float, float]], unsaid: set[object], day: str
) -> None:
    """One firm of which all is known, and the same firm of which some is not: who is decided there is decided alike."""
    revenue = {"revenue": {2021: 20_000, 2022: 24_000, 2023: 30_000}}  # always stated, so that 2023 is the latest year
    by_year = {name: dict(zip((2021, 2022, 2023), values, strict=True)) for name, values in yearly.items()}
    known: dict[str, object] = {**revenue, **single, **by_year}
    partly: dict[str, object] = {name: value for name, value in single.items() if name not in unsaid} | revenue
    partly |= {
        name: {year: None if (name, year) in unsaid else value for year, value in values.items()}
        for name, values in by_year.items()
    }
    facts, firms = facts_and_firms({"known": known, "partly": partly})
    table = evaluate.check_all(facts, firms, DAY, date.fromisoformat(day)).frame()
    verdicts = table.pivot(index=["board", "name"], columns="firm_id", values="verdict")
    turned = verdicts[(verdicts["partly"] != "unknown") & (verdicts["partly"] != verdicts["known"])]
    assert turned.empty, turned.to_string()


_OUTSIDE_THE_FIELDS = (
    "A01 B06 C13 C14 C15 C1512 C17 C18 C22 C24 C25 C26 C30 C33 C36 C3670 C38 C3854 C41 D44 E47 F51 G54 H61 I64 I6431 "
    "L71 L72 M73 M74 N77 O80 P82 P83 Q84 R86 S91 T97"
)
_WITHIN_A_FIELD = "C27 C2710 C34 C35 C358 C3612 C374 C384 C39 C3973 C40 C265 I65 I6513 M7340"


@pytest.mark.parametrize("code", ["J66", "J6631", "K70", "K7010", "7010", "66", "L7212"])
@pytest.mark.parametrize("judged", [None, 0, 1])
def test_what_star_forbids_no_judgement_lets_in(code: str, judged: int | None) -> None:
    assert positioning_on_star(code, judged) == "not_met"


@pytest.mark.parametrize("code", _OUTSIDE_THE_FIELDS.split())
def test_what_is_in_none_of_the_six_fields_by_its_code_is_never_in_them_by_itself(code: str) -> None:
    assert positioning_on_star(code, None) == "unknown"
    assert positioning_on_star(code, 0) == "not_met"
    assert positioning_on_star(code, 1) in ("met", "unknown")  # unknown where the code may hide a forbidden trade


@pytest.mark.parametrize("code", _WITHIN_A_FIELD.split())
def test_what_is_in_one_of_the_six_fields_fits_unless_a_person_says_no(code: str) -> None:
    assert [positioning_on_star(code, judged) for judged in (None, 1, 0)] == ["met", "met", "not_met"]


def positioning_on_star(code: str, judged: int | None) -> str:
    """Of a firm that meets every indicator by far."""
    facts, firms = facts_and_firms(
        {
            "Lotus": {
                "revenue": {2021: 20_000, 2022: 30_000, 2023: 50_000},
                "rd": {2021: 4000, 2022: 5000, 2023: 9000},
                "staff": 100,
                "rd_staff": 50,
                "invention_patents_main": 60,
                "industry_code": code,
                **({} if judged is None else {"star_supported_field": judged}),
            }
        }
    )
    return str(evaluate.check(facts, firms, DAY, DAY, ["star"]).verdict("kcsx-2024")["Lotus"])
