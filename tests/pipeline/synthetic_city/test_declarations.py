"""What the made-up city declares: plausible, the same each time, visibly made up, and taken in as anybody's."""

from datetime import date

import numpy as np

from pipeline.declarations.content import check_application
from pipeline.synthetic_city.declarations import MADE_UP, made_up_declarations

AS_OF = date(2026, 5, 1)
FIRMS = {"440703": [f"A{n:04}" for n in range(900)], "440785": [f"B{n:03}" for n in range(70)], "440784": []}


def drawn(seed: int = 3):
    return list(made_up_declarations(FIRMS, AS_OF, np.random.default_rng(seed)))


def test_the_same_seed_declares_the_same_and_another_something_else():
    assert drawn() == drawn()
    assert drawn() != drawn(4)


def test_each_firm_declares_at_most_one_of_a_kind_in_the_order_of_days_and_none_later():
    made = drawn()
    assert len({(one.firm_id, one.kind) for one in made}) == len(made)
    days = [one.declared_on for one in made]
    assert days == sorted(days)
    assert days[-1] <= AS_OF
    assert {one.kind for one in made} == {"nomination", "application"}


def test_every_application_is_taken_and_files_one_to_three_years_ahead():
    applications = [one for one in drawn() if one.application is not None]
    for one in applications:
        check_application(one.application, one.declared_on)
        if one.application.filing_on:
            assert 365 <= (one.application.filing_on - one.declared_on).days <= 3 * 365
    signed = [any(adviser.signed_on for adviser in one.application.advisers) for one in applications]
    assert 0 < sum(signed) < len(signed)
    boards = [one.application.target_board for one in applications]
    assert sum(board in {"bse", "chinext", "star", "main"} for board in boards) > 0.8 * len(boards)


def test_everybody_named_is_marked_as_made_up():
    for one in drawn():
        assert MADE_UP in one.declared_by
        for adviser in one.application.advisers if one.application else ():
            assert adviser.name.endswith(MADE_UP)
