"""Labels and time: who is in the risk set, what counts as within the horizon, and the second check of every split."""

from datetime import date

import pandas as pd
import pytest

from scoring.dataset.labels import event_within, plus_months, risk_set
from scoring.dataset.time_splits import check_split, training_days
from scoring.errors import LeakyTime

DAY = date(2023, 5, 1)


def listings(**days: str) -> pd.DataFrame:
    """firm=day -> events."""
    return pd.DataFrame(
        {"firm_id": list(days), "kind": "listed", "board": "bse", "occurred_on": pd.to_datetime(list(days.values()))}
    )


@pytest.mark.parametrize(
    ("day", "counts"), [("2023-05-01", 0), ("2023-05-02", 1), ("2024-05-01", 1), ("2024-05-02", 0)]
)
def test_an_event_counts_after_the_day_and_up_to_the_end_of_the_horizon(day, counts):
    assert event_within(pd.Index(["Lotus"]), listings(Lotus=day), "listed", DAY, 12)["Lotus"] == counts


@pytest.mark.parametrize(("day", "here"), [("2023-05-01", False), ("2023-05-02", True)])
def test_a_firm_leaves_the_risk_on_the_day_of_its_event(day, here):
    assert ("Lotus" in risk_set(pd.Index(["Lotus", "Pear"]), listings(Lotus=day), "listed", DAY)) is here


def test_a_firm_list_row_is_out_of_the_risk_set_of_a_tutoring_filing():
    assert list(risk_set(pd.Index(["Lotus", "Pear"]), listings(Lotus="2022-01-01"), "tutoring_filed", DAY)) == ["Pear"]


@pytest.mark.parametrize(("months", "last"), [(12, 2022), (13, 2021), (24, 2021), (25, 2020)])
def test_a_training_day_is_old_enough_for_its_horizon_to_have_run_out(months, last):
    assert training_days(DAY, months)[-1] == date(last, 5, 1)


def test_the_end_of_february_stays_in_february():
    assert plus_months(date(2024, 2, 29), 12) == date(2025, 2, 28)


def split(day: str = "2022-05-01", label: float = 0.0, firm: str = "Lotus") -> tuple[pd.DataFrame, list[float]]:
    return pd.DataFrame({"firm_id": [firm], "when": [pd.Timestamp(day)]}), [label]


def test_a_clean_split_passes_the_second_check():
    keys, label = split(label=1.0)
    check_split(keys, label, listings(Lotus="2022-09-01", Pear="2030-01-01"), "listed", DAY, 12)


@pytest.mark.parametrize("day", ["2022-05-02", "2023-04-01"])
def test_a_horizon_that_ends_a_day_after_the_models_day_fails_loudly(day):
    keys, label = split(day)
    with pytest.raises(LeakyTime):
        check_split(keys, label, listings(Pear="2020-01-01"), "listed", DAY, 12)


def test_a_row_of_a_firm_that_had_listed_already_fails_loudly():
    keys, label = split()
    with pytest.raises(LeakyTime):
        check_split(keys, label, listings(Lotus="2021-09-01"), "listed", DAY, 12)


@pytest.mark.parametrize(("label", "listed_on"), [(1.0, "2023-09-01"), (0.0, "2022-09-01")])
def test_a_label_that_the_events_contradict_fails_loudly(label, listed_on):
    keys, labels = split(label=label)
    with pytest.raises(LeakyTime):
        check_split(keys, labels, listings(Lotus=listed_on), "listed", DAY, 12)


def test_one_firm_twice_on_a_day_fails_loudly():
    keys, label = split()
    with pytest.raises(LeakyTime):
        check_split(pd.concat([keys, keys]), label * 2, listings(Pear="2020-01-01"), "listed", DAY, 12)


def test_a_figure_published_after_the_rows_day_fails_loudly():
    keys, label = split()
    late = pd.DataFrame({"when": [pd.Timestamp("2022-05-01")], "known_on": [pd.Timestamp("2022-05-02")]})
    with pytest.raises(LeakyTime):
        check_split(keys, label, listings(Pear="2020-01-01"), "listed", DAY, 12, late)
