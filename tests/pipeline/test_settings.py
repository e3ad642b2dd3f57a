"""The environment, read once: defaults beside the code, and a message for what cannot be meant."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline.settings import ROOT, Settings, WrongSetting, as_environment, from_environment


def test_unset_the_database_and_models_lie_beside_the_code():
    settings = from_environment({})
    assert settings.db_url == f"sqlite:///{ROOT}/data/goldseed.sqlite"
    assert settings.models == ROOT / "models"
    assert settings.secret is None
    assert settings.language == "zh_CN"


@pytest.mark.parametrize("url", ["postgres://u@h/x", "postgresql://u@h/x", "postgresql+psycopg://u@h/x"])
def test_every_usual_way_to_write_a_postgresql_address_means_psycopg_3(url):
    assert from_environment({"GOLDSEED_DB_URL": url}).db_url == "postgresql+psycopg://u@h/x"


@pytest.mark.parametrize(
    "wrong",
    [
        {"GOLDSEED_DB_URL": "pg:/x"},
        {"GOLDSEED_DB_URL": "mysql://h/x"},
        {"GOLDSEED_LANG": "fr"},
        {"GOLDSEED_HTTPS": "1"},
        {"GOLDSEED_TIMEZONE": "Jiangmen"},
        {"GOLDSEED_TIMEZONE": "../etc/passwd"},
    ],
)
def test_a_setting_that_cannot_be_meant_is_named_with_what_to_write_instead(wrong):
    with pytest.raises(WrongSetting) as raised:
        from_environment(wrong)
    ((name, value),) = wrong.items()
    message = raised.value.message.in_language("en")
    assert f"{name}={value!r}" in message
    assert "Write" in message


def test_an_instant_stands_on_the_clock_of_the_city_whatever_the_zone_of_the_server():
    china = from_environment({})
    evening = datetime(2026, 4, 30, 16, 0, tzinfo=UTC)  # midnight in China
    assert china.local(evening).date() == date(2026, 5, 1)
    assert china.local(datetime(2026, 4, 30, 15, 59)).date() == date(2026, 4, 30)  # without a zone: UTC, as stored
    assert from_environment({"GOLDSEED_TIMEZONE": "UTC"}).local(evening).date() == date(2026, 4, 30)


@pytest.mark.parametrize("db_url", ["sqlite:////tmp/a b/城.sqlite", "postgresql+psycopg://me:p%40ss@host:5433/city"])
def test_a_process_of_ours_reads_the_settings_that_it_was_given(db_url):
    given = Settings(ROOT, db_url, Path("/models/城"), None, "en", zone=ZoneInfo("Asia/Urumqi"))
    assert from_environment(as_environment(given)) == given
