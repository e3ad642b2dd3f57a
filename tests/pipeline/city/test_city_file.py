"""A city is a file: what it says is what the program goes by, and what cannot be meant is told with its line."""

from pathlib import Path

import pytest

from pipeline.city.city_file import SHIPPED, WrongCity, read_city
from pipeline.city.in_force import city, set_city
from pipeline.districts import DISTRICTS
from pipeline.language import ENGLISH, gettext, speaking
from pipeline.settings import as_environment, from_environment
from tests.pipeline.city.yunchuan import YUNCHUAN, write_yunchuan


def test_the_city_of_the_program_is_the_one_of_the_file_that_comes_with_it():
    assert city() == read_city(SHIPPED)
    assert DISTRICTS["440704"].zh == "江海区"
    assert sum(city().demo_shares.values()) == pytest.approx(1)


def test_districts_and_titles_are_those_of_the_city_that_was_set(tmp_path: Path):
    set_city(read_city(write_yunchuan(tmp_path)))
    assert [(code, each.zh, each.en) for code, each in DISTRICTS.items()][::4] == [
        ("990101", "东岭区", "Dongling"),
        ("990122", "中坪县", "Zhongping"),
    ]
    assert "440704" not in DISTRICTS
    assert gettext("By district") == "按区县"
    assert set(city().demo_shares.values()) == {0.2}
    set_city(None)
    assert gettext("By district") == "按市（区）"


@pytest.mark.parametrize(
    ("given", "zone", "bureau"),
    [
        ({}, "Asia/Urumqi", "云川市金融局（虚构）"),
        ({"GOLDSEED_TIMEZONE": "Asia/Shanghai", "GOLDSEED_BUREAU": "别局"}, "Asia/Shanghai", "别局"),
    ],
)
def test_zone_and_bureau_are_the_files_unless_the_environment_says_otherwise(tmp_path: Path, given, zone, bureau):
    settings = from_environment({"GOLDSEED_CITY": str(write_yunchuan(tmp_path)), **given})
    assert (settings.zone.key, settings.bureau) == (zone, bureau)
    assert from_environment(as_environment(settings)).city == settings.city


@pytest.mark.parametrize(
    ("right", "wrong", "letter"),
    [
        ("Asia/Urumqi", "Asia/Yunchuan", "city.yaml:6, time_zone: found “Asia/Yunchuan”. Write a time zone"),
        ("zh: 西渡区", "zh: 东岭区", "city.yaml:9, districts.990102.zh: found “东岭区”. District 990101 has this name"),
        ('"990103"', "990103", "city.yaml:10, districts.990103: found “990103”. Write the code"),
        ('"990103"', '"99010"', "city.yaml:10, districts.99010: found “99010”. Write the code"),
        ("en: Xidu", 'en: ""', "city.yaml:9, districts.990102.en: found “”. Write a name"),
        (", en: Xidu", "", "city.yaml:9, districts.990102.en: It is missing"),
        ("  district:", "  districts:", "city.yaml:4, titles.districts: found “districts”. This key means nothing"),
        ('"990102"', '"990101"', "city.yaml:9: 990101 is given twice"),
        ("en: Xidu", "en: Xidu, share_in_demo: 0.5", "found “990101, 990103, 990121, 990122”. share_in_demo is given"),
        ("en: Xidu", "en: Xidu, share_in_demo: 3", "city.yaml:9, districts.990102.share_in_demo: found “3”"),
        (YUNCHUAN, "- a list", "city.yaml: found “['a list']”. Write here: name, titles"),
        (YUNCHUAN, "a: [", "city.yaml:2: "),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line_what_was_found_and_what_to_write(tmp_path, right, wrong, letter):
    file = tmp_path / "city.yaml"
    assert right in YUNCHUAN
    file.write_text(YUNCHUAN.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(WrongCity) as refused, speaking(ENGLISH):
        read_city(file)
    with speaking(ENGLISH):
        assert letter in str(refused.value)
    assert "无法使用" in str(refused.value)  # in_chinese


def test_every_fault_comes_in_one_letter_and_a_file_that_is_not_there_is_named(tmp_path: Path):
    file = tmp_path / "city.yaml"
    file.write_text(YUNCHUAN.replace("Asia/Urumqi", "Mars").replace("en: Xidu", "en: 5"), encoding="utf-8")
    with pytest.raises(WrongCity) as refused:
        from_environment({"GOLDSEED_CITY": str(file)})
    assert len(refused.value.problems) == 2
    with pytest.raises(WrongCity, match=r"nowhere\.yaml"):
        from_environment({"GOLDSEED_CITY": str(tmp_path / "nowhere.yaml")})
