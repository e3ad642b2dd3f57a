"""How many statements a page sends to the database: bounds, so that nobody makes a page slow one question at a time.

Where a bound is passed for a good reason, raise it; where a page asks less, lower it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from bench.clicks import board_opened
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard.conftest import Visitor, body_of


@pytest.fixture
def asked(app: Any) -> Iterator[list[str]]:
    """The statements sent, but those that begin a transaction."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_given: Any) -> None:
        if statement != "BEGIN":
            said.append(statement)

    engine = app.server.extensions["goldseed"].engine
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "search", "most"),
    [
        (f"/firm/{LOTUS}", "", 42),
        ("/compare", f"?firms={LOTUS},{BANYAN}", 22),
        ("/today", "?of=all", 24),
        ("/board", "", 11),
        ("/cases", "", 9),
        ("/returns-progress", "", 4),
    ],
)
def test_a_page_asks_no_more_than_so_many_questions(
    officer: Visitor, asked: list[str], path: str, search: str, most: int
):
    officer.show(path, search)  # what is kept in memory is there
    asked.clear()
    assert officer.show(path, search).status_code == 200
    assert len(asked) <= most, "\n".join(asked)


def test_what_is_loaded_after_a_firm_s_page_asks_no_more_than_so_many(officer: Visitor, asked: list[str]):
    labels = body_of(officer.app, "firm-labels.children", {"firm-shown.data": LOTUS})
    for body in (labels, board_opened("bse", LOTUS)):
        officer.call(body)
        asked.clear()
        assert officer.call(body).status_code == 200
        assert len(asked) <= 6, "\n".join(asked)


def test_more_firms_are_compared_by_no_more_questions(officer: Visitor, asked: list[str]):
    counts = []
    for firms in ([LOTUS, BANYAN], [LOTUS, BANYAN, KAPOK]):
        officer.show("/compare", f"?firms={','.join(firms)}")
        asked.clear()
        officer.show("/compare", f"?firms={','.join(firms)}")
        counts.append(len(asked))
    assert counts[0] == counts[1]
