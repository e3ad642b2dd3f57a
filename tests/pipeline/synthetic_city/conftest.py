"""One city of the demo's size, drawn once; and a small one, written and imported once."""

from datetime import date

import pytest

from pipeline.synthetic_city import City, CityFiles, draw, write_city

UNTIL = date(2026, 11, 22)


@pytest.fixture(scope="session")
def city() -> City:
    return draw(2200, 0, until=UNTIL)


@pytest.fixture(scope="session")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> CityFiles:
    return write_city(tmp_path_factory.mktemp("city"), firms=160, seed=3, until=UNTIL)
