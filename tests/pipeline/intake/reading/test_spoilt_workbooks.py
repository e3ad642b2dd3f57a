"""A few seconds of the fuzzer: see tests/fuzz."""

import random

import pytest

from tests.fuzz.fuzz_workbooks import check
from tests.fuzz.second_reading import SecondReading
from tests.fuzz.spoilt_workbooks import bases, spoilt

EACH = 20
pytestmark = pytest.mark.filterwarnings("ignore")  # what openpyxl says of spoilt workbooks


@pytest.fixture(scope="module")
def second():
    reading = SecondReading()
    yield reading
    reading.close()


def test_the_good_workbooks_are_read_as_other_readers_read_them(second, tmp_path):
    assert {check(base.packed(), second, tmp_path) for base in bases()} == {"read"}


@pytest.mark.parametrize("base", range(len(bases())))
def test_a_spoilt_workbook_is_read_as_others_read_it_or_gets_its_letter(base, second, tmp_path):
    chance = random.Random(base)
    fates = [check(spoilt(bases()[base], chance.randrange), second, tmp_path) for _time in range(EACH)]
    assert {"read", "refused"} <= set(fates)  # both ways are tried
