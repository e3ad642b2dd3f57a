"""The ranking of a city on a day: stages of life, near ties, what each weight does, whose names are told."""

from datetime import date

import pandas as pd
import pytest

from pipeline.pacesetters import ranking as rankings
from pipeline.pacesetters.ranking import hash_of, rank_city, ranking, stages_of
from pipeline.pacesetters.terms import NoEdition, terms
from pipeline.rules.evaluation.firm_years import FirmYears

ON_SQLITE_ALONE = True
DAY = date(2024, 6, 1)
YEARS = (2021, 2022, 2023)


def city(**firms):
    """`name={"since": year, "revenue": …, "rd": share, …}`: growing firms of three equal years."""
    rows, about = {}, {}
    for firm, said in firms.items():
        revenue = said.get("revenue", 1e7)
        for place, year in enumerate(YEARS):
            grown = None if revenue is None else revenue * (1 + said.get("grows", 0.1)) ** (place - 2)
            rows[firm, year] = {
                "revenue_cny": grown,
                "net_profit_cny": 1.0,
                "rd_spend_cny": None if grown is None or "rd" not in said else said["rd"] * grown,
                "staff": said.get("staff", 100.0),
                "rd_staff": said.get("rd_staff", 10.0),
                "class1_ip": said.get("ip", 1.0),
                "hitech_income_cny": 1.0,
                "total_income_cny": 2.0,
            }
        about[firm] = {
            "name": f"{firm}公司",
            "district_code": "440703",
            "registered_on": said.get("since", "2017-01-01"),
        }
    facts = pd.DataFrame.from_dict(rows, orient="index", dtype="float64")
    facts.index = pd.MultiIndex.from_tuples(rows, names=["firm_id", "year"])
    frame = pd.DataFrame.from_dict(about, orient="index").rename_axis("firm_id")
    frame["registered_on"] = pd.to_datetime(frame["registered_on"])
    return facts, frame


def growing(count, **more):
    return {f"F{place:02d}": {"rd": 0.01 * (place + 1), **more} for place in range(count)}


def stage_of(found, name="growth"):
    return next(each for each in found.stages if each.stage == name)


def test_stages_of_life_by_age_and_of_old_firms_by_revenue():
    facts, firms = city(
        young={"since": "2019-06-02"},
        five={"since": "2019-05-31"},
        old={"since": "2014-06-01", "revenue": 2e8},
        small={"since": "2014-06-01", "revenue": 2e8 - 1},
        unstated={"since": None},
    )
    data = FirmYears(facts, firms, DAY)
    found = dict(zip(data.firm_ids, stages_of(terms().on(DAY), data), strict=True))
    assert found == {"young": "startup", "five": "growth", "old": "mature", "small": "growth", "unstated": ""}
    assert ranking(rank_city(facts, firms, DAY)).no_stage == 1


def test_the_first_ten_are_in_and_those_at_the_border_are_near_ties():
    found = stage_of(ranking(rank_city(*city(**growing(12)), DAY)))
    assert (found.ranked, found.places, sum(firm.is_in for firm in found.firms)) == (12, 10, 10)
    assert found.firms[0].firm_id == "F11"
    # Only research differs: each place moves 20 / 11 of a point, one place of the heaviest indicator 30 / 11.
    assert found.step == pytest.approx(30 / 11)
    assert found.last_in - found.first_out == pytest.approx(20 / 11)
    assert {firm.firm_id for firm in found.firms if firm.near} == {"F02", "F01"}
    assert not any(firm.tied for firm in found.firms)


def test_a_firm_with_too_little_known_is_not_ranked_and_the_list_says_what_is_missing():
    firms = growing(5) | {"gap": {"rd": 0.5, "rd_staff": None, "ip": None, "staff": None}}
    found = stage_of(ranking(rank_city(*city(**firms), DAY)))
    assert found.unranked == 1
    lacking = found.not_ranked[0]
    assert (lacking.firm_id, lacking.missing) == ("gap", ("rd_people", "class1_ip", "staff_growth"))
    assert lacking.known == pytest.approx(0.6)
    assert found.ranked == 5
    assert found.last_in is None, "everybody ranked is in"


def test_a_weight_that_moves_says_who_comes_in_and_who_goes_out():
    # F00 has the least research and the most patents; ten are in.
    firms = growing(11)
    firms["F00"]["ip"] = 2.0
    firms["F01"]["ip"] = 1.5
    found = stage_of(ranking(rank_city(*city(**firms), DAY)))
    research = {shift.after: shift for shift in found.shifts if shift.indicator == "rd_intensity"}
    assert set(research) == {10.0, 30.0}
    for shift in found.shifts:
        assert shift.entering == len(shift.enter)
        assert len(shift.enter) == len(shift.leave), "places stay as many where nobody ties"
    assert any(shift.enter for shift in found.shifts)


def test_places_are_of_the_city_and_names_of_ones_own_firms():
    whole = rank_city(*city(**growing(12)), DAY)
    own = stage_of(ranking(whole, visible=["F00", "F05"]))
    assert [(firm.firm_id, firm.place) for firm in own.firms] == [("F05", 7), ("F00", 12)]
    assert own.ranked == 12
    assert not any(set(shift.enter) - {"F00", "F05"} for shift in own.shifts)
    assert set(own.names) <= {"F00", "F05"}


def test_what_a_round_keeps_is_the_same_whenever_it_is_worked_out():
    one, other = (rank_city(*city(**growing(12)), DAY).rows() for _ in range(2))
    assert hash_of(one) == hash_of(other)
    assert one[0][:3] == ["F11", "growth", 1]
    assert hash_of(one[1:]) != hash_of(one)


def test_before_the_first_weights_there_is_no_ranking():
    with pytest.raises(NoEdition, match="2021-01-01"):
        rank_city(*city(**growing(2)), date(2020, 12, 31))


def test_most_lists_so_many_and_everybody_in_or_near():
    found = stage_of(ranking(rank_city(*city(**growing(14)), DAY), most=3))
    assert len(found.firms) == 11, "ten that are in, and the first that is out"
    assert found.ranked == 14


def test_the_shipped_terms_say_whose_they_are():
    assert (terms().source, terms().confidence) == ("own", "synthetic")
    assert rankings.UNKNOWN_STAGE == ""
