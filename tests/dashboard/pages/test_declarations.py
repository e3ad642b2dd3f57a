"""What is declared of a firm, on its page and in the list: who sees which, who gets which form, and what is said."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

import cli
from pipeline.settings import Settings
from pipeline.store.database import engine_for
from pipeline.store.pool_tables import Declaration
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor, body_of, signed_in

PLAN = {
    "firm-apply-by.value": "岑霁云",
    "firm-apply-intends.checked": True,
    "firm-apply-board.value": "bse",
    "firm-apply-filing.value": "2029-03-31",
    "firm-apply-broker.value": "砾垣证券",
    "firm-apply-broker-signed.value": "2026-04-01",
    "firm-apply-contact.value": "岑霁云",
    "firm-apply-phone.value": "0750-0001234",
    "firm-apply-truth.checked": True,
}
FILE = """
intends_to_list: true
target_board: bse
reform_on: null
filing_on: 2029-03-31
advisers:
  - {role: broker, name: 砾垣证券, signed_on: 2026-04-01}
contact: {name: 岑霁云, phone: 0750-0001234}
truth: true
"""


def fire(who: Visitor, button: str, **values):
    """A button of the card is pressed; `values` by "id.property"."""
    trigger = f"{button}.n_clicks"
    output = next(
        name for name, kept in who.app.callback_map.items() if any(one["id"] == button for one in kept["inputs"])
    )
    answer = who.call(body_of(who.app, output, {"firm-shown.data": LOTUS, trigger: 1, **values}, [trigger]))
    assert answer.status_code == 200, answer.text
    return answer.text


def stored(settings: Settings) -> list[Declaration]:
    with Session(engine_for(settings.db_url), expire_on_commit=False) as session:
        return list(session.scalars(select(Declaration).order_by(Declaration.id)))


@pytest.fixture
def district(app) -> Visitor:
    return signed_in(app, city.DISTRICT_OFFICER)


@pytest.fixture
def command(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    """`goldseed pools …` on the database of the board."""
    monkeypatch.setenv("GOLDSEED_DB_URL", settings.db_url)

    def run(*arguments: str, code: int = 0):
        answer = CliRunner().invoke(cli.goldseed, ["pools", *arguments, "--json"])
        assert answer.exit_code == code, answer.output
        return json.loads(answer.stdout) if code == 0 else str(answer.exception or answer.output)

    return run


def test_command_and_board_write_the_same_rows(officer: Visitor, settings: Settings, command, tmp_path):
    (tmp_path / "application.yaml").write_text(FILE, encoding="utf-8")
    day = "2026-05-20"
    fire(
        officer,
        "firm-nominate-save",
        **{
            "firm-nominate-on.value": day,
            "firm-nominate-by.value": "蓬江区金融办",
            "firm-nominate-why.value": "领先",
        },
    )
    fire(officer, "firm-apply-save", **PLAN, **{"firm-apply-on.value": day})
    for number in ("1", "2"):
        command("withdraw", number, "--why", "重录", "--on", day)
    command("nominate", LOTUS, "--why", "领先", "--on", day, "--paper-of", "蓬江区金融办")
    file = str(tmp_path / "application.yaml")
    command("apply", LOTUS, "--file", file, "--on", day, "--paper-of", "岑霁云")
    names = ("firm_id", "kind", "declared_on", "declared_by", "district_code", "content", "why", "on_paper")
    rows = [{name: getattr(made, name) for name in names} for made in stored(settings)]
    assert rows[:2] == rows[2:]
    assert rows[1]["content"]["filing_on"] == "2029-03-31"


def test_the_command_lists_what_is_in_force_and_of_a_firm_all(command):
    command("nominate", LOTUS, "--why", "领先", "--on", "2026-05-20")
    command("withdraw", "1", "--why", "有误")
    assert command("declarations") == []
    (made,) = command("declarations", LOTUS)
    assert (made["kind"], made["withdrawn_why"]) == ("nomination", "有误")
    text = CliRunner().invoke(cli.goldseed, ["pools", "declarations", LOTUS]).stdout
    assert "区县推荐" in text
    assert "有误" in text


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (FILE.replace("bse", "neeq").replace("truth: true", "truth: false"), ["neeq", "真实性承诺"]),
        (FILE + "truth: false\n", ["truth is given twice"]),
        ("[", ["application.yaml"]),
        ("", ["intends_to_list"]),
    ],
)
def test_a_wrong_file_is_told_all_that_is_wrong_and_stores_nothing(command, settings, tmp_path, content, named):
    (tmp_path / "application.yaml").write_text(content, encoding="utf-8")
    told = command("apply", LOTUS, "--file", str(tmp_path / "application.yaml"), code=1)
    for each in named:
        assert each in told
    assert stored(settings) == []


def test_a_file_in_another_encoding_is_told_so(command, tmp_path):
    (tmp_path / "application.yaml").write_bytes(FILE.encode("gbk"))
    assert "UTF-8" in command("apply", LOTUS, "--file", str(tmp_path / "application.yaml"), code=1)


def test_an_enterprise_applies_for_its_own_firm_with_its_own_name_and_sees_it(enterprise: Visitor, settings: Settings):
    said = fire(enterprise, "firm-apply-save", **{**PLAN, "firm-apply-on.value": "2020-01-01"})
    assert "申请已登记" in said
    (made,) = stored(settings)
    assert (made.declared_by, made.on_paper) == (city.ENTERPRISE, False)
    assert made.declared_on.year >= 2026  # its own account applies today, whatever a hidden field says
    page = enterprise.show(f"/firm/{LOTUS}").text
    assert "砾垣证券" in page
    assert "firm-nominate-save" not in page
    assert "firm-declared-application-withdraw" in page


def test_a_refused_application_says_all_that_is_wrong_and_redraws_nothing(enterprise: Visitor, settings: Settings):
    said = fire(
        enterprise,
        "firm-apply-save",
        **{
            **PLAN,
            "firm-apply-filing.value": "2020-01-01",
            "firm-apply-contact.value": "",
            "firm-apply-truth.checked": False,
        },
    )
    for part in ("计划申报时间", "联系人姓名", "真实性承诺"):
        assert part in said
    assert "firm-apply-save" not in said
    assert stored(settings) == []


def test_a_district_nominates_by_itself_and_the_city_by_paper(officer: Visitor, district: Visitor, settings: Settings):
    own = {"firm-shown.data": BANYAN, "firm-nominate-why.value": "细分市场领先"}
    assert "签署人" in fire(officer, "firm-nominate-save", **own)
    told = fire(officer, "firm-nominate-save", **{**own, "firm-nominate-why.value": " "})
    assert "签署人" in told
    assert "理由" in told
    assert stored(settings) == []
    assert "推荐已登记" in fire(district, "firm-nominate-save", **own)
    (made,) = stored(settings)
    assert (made.declared_by, made.district_code) == (city.DISTRICT_OFFICER, "440704")


def test_the_list_has_the_firms_that_somebody_reaches(officer, district, enterprise, analyst, command):
    command("nominate", LOTUS, "--why", "领先", "--on", "2026-05-20")
    command("nominate", BANYAN, "--why", "领先", "--on", "2026-05-20")
    pages = [who.show("/declarations").text for who in (officer, district, enterprise)]
    assert [("莲芯" in page, "榕动" in page) for page in pages] == [(True, True), (False, True), (True, False)]
    assert analyst.show("/declarations").status_code == 403
    assert "莲芯" not in officer.show("/declarations", "?kind=application").text
    assert "推荐与申请" not in analyst.show(f"/firm/{LOTUS}").text
