"""The conditions of one board, as the firm's page lists them."""

from datetime import date

from dashboard.components.boards import conditions_table
from pipeline.rules.evaluation import evaluate
from pipeline.rules.reports.board_tables import firm_boards
from tests.pipeline.rules.firms import facts_and_firms


def test_a_rule_that_boards_share_bears_the_name_of_the_board_it_is_listed_under() -> None:
    verdicts = evaluate.check(*facts_and_firms({"Lotus": {"profit": {2022: 100, 2023: 100}}}), date(2024, 6, 1))
    star = next(row for row in firm_boards(verdicts, "Lotus") if row.standing.board == "star")
    shown = str(conditions_table(star.conditions))
    assert "科创板" in shown
    assert "沪深主板" not in shown
