"""What data/growth.yaml says on a day, and what is no such file."""

from datetime import date

import pytest

from pipeline.growth.terms import TERMS_FILE, terms

ON_SQLITE_ALONE = True


@pytest.mark.parametrize(("level", "days"), [("city", 180), ("county", 90), ("town", 30)])
def test_days_between_contacts_hold_from_their_first_day_and_not_before(level, days):
    assert terms().days_on(level, date(2021, 1, 1)) == days
    assert terms().days_on(level, date(2020, 12, 31)) is None


@pytest.mark.parametrize(
    ("was", "put", "said"),
    [
        ("  county:\n", "  village:\n", "levels"),
        ("{value: 30,", "{value: 0,", "whole number"),
        ("{from: 10,", "{from: 60,", "rise"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, was, put, said):
    text = TERMS_FILE.read_text(encoding="utf-8")
    assert was in text
    wrong = tmp_path / "growth.yaml"
    wrong.write_text(text.replace(was, put, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        terms(wrong)
