"""What data/rules/pacesetters.yaml says on a day, and what is no such file."""

from datetime import date

import pytest

from pipeline.pacesetters.terms import STAGES, TERMS_FILE, NoEdition, terms

ON_SQLITE_ALONE = True


def changed(tmp_path, was, put):
    text = TERMS_FILE.read_text(encoding="utf-8")
    assert was in text
    file = tmp_path / "pacesetters.yaml"
    file.write_text(text.replace(was, put, 1), encoding="utf-8")
    return file


def test_the_weights_of_each_stage_are_a_hundred_and_hold_from_their_day():
    edition = terms().on(date(2021, 1, 1))
    assert [sum(edition.weights[stage].values()) for stage in STAGES] == [100, 100, 100]
    with pytest.raises(NoEdition):
        terms().on(date(2020, 12, 31))


@pytest.mark.parametrize(
    ("was", "put", "said"),
    [
        ("{rd_intensity: 20,", "{rd_intensity: 21,", "100"),
        ("{rd_intensity: 20,", "{luck: 20,", "known indicators"),
        ("fact: rd_staff_share, window: latest", "fact: rd_staff_share, window: sum_3", "window"),
        ("fact: rd_staff_share", "fact: beauty", "no such measure"),
        ("known_share: 0.7", "known_share: 0", "known share"),
        ("places: {startup: 5,", "places: {startup: 0,", "one place"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, was, put, said):
    with pytest.raises(ValueError, match=said):
        terms(changed(tmp_path, was, put))


def test_a_later_edition_leaves_the_days_before_it_as_they_were(tmp_path):
    text = TERMS_FILE.read_text(encoding="utf-8")
    first = text[text.index("  2021-01-01:") :]
    later = first.replace("2021-01-01", "2027-01-01").replace(
        "{rd_intensity: 20, rd_people: 10", "{rd_intensity: 10, rd_people: 20"
    )
    file = tmp_path / "pacesetters.yaml"
    file.write_text(text + later, encoding="utf-8")
    book = terms(file)
    assert book.on(date(2026, 12, 31)).weights["growth"]["rd_people"] == 10
    assert book.on(date(2027, 1, 1)).weights["growth"]["rd_people"] == 20
