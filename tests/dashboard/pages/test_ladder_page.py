"""The page of the ladder: page and command say the same, a district sees its own, files, a firm's block."""

import csv
import io
import json
from datetime import date

import pytest
from click.testing import CliRunner
from docx import Document
from sqlalchemy.orm import Session

import cli
from dashboard.pages.ladder import page
from pipeline.accounts import audit
from pipeline.ladder import in_words
from pipeline.ladder.ladder import ladder
from pipeline.store.plan_tables.activities import FirmActivity
from pipeline.store.tables import Firm
from tests.cast import BANYAN, KAPOK, LOTUS, state
from tests.dashboard import city
from tests.dashboard.conftest import body_of, signed_in
from tests.pipeline.ladder.city import DISTRICT, GOOD, OFFICER

AS_OF = "?as_of=2026-05-01"
#: Of no certificate, one condition away.
LYCHEE = "91440704MA5CA1Y02M"


@pytest.fixture
def climbing(app):
    """The small city, with a firm of Banyan's district that lacks one condition, and an incubator."""
    engine = app.server.extensions["goldseed"].engine
    for year in (2023, 2024, 2025):
        state(engine, LYCHEE, year, **(GOOD | {"innovation_score": 62}))
    with Session(engine) as session, session.begin():
        audit.touch(session, Firm, Firm.id == LYCHEE)
        session.get_one(Firm, LYCHEE).district_code = "440704"
        session.get_one(Firm, LYCHEE).name = "荔枝新材（虚构）"
        day = date(2024, 1, 1)
        session.add(FirmActivity(firm_id=KAPOK, kind="incubated", counterpart="荷塘", occurred_on=day, known_on=day))
        city.past_the_program(session)
    return app


def text_of(shown) -> str:
    return json.dumps(shown, ensure_ascii=False)


def run(app, monkeypatch, *words: str):
    monkeypatch.setenv("GOLDSEED_DB_URL", str(app.server.extensions["goldseed"].engine.url))
    monkeypatch.setenv("GOLDSEED_MODELS", str(app.server.extensions["goldseed"].settings.models))
    answer = CliRunner().invoke(cli.goldseed, ["ladder", *words])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_page_and_command_say_the_same_of_the_same_day(climbing, monkeypatch):
    shown = text_of(signed_in(climbing, city.OFFICER).show("/ladder", AS_OF).json)
    with Session(climbing.server.extensions["goldseed"].engine) as session:
        found = ladder(session, OFFICER, date(2026, 5, 1))
    said = run(climbing, monkeypatch, "--as-of", "2026-05-01")
    for flows in found.years:
        assert in_words.year_in_words(flows) in said
        assert in_words.year_in_words(flows) in shown
    (near,) = found.one_away("hnte")
    for words in (near.name, near.condition.zh):
        assert words in said
        assert words in shown
    assert json.loads(run(climbing, monkeypatch, "--as-of", "2026-05-01", "--json"))["rungs"][2]["held"] == 12
    calendar = json.loads(run(climbing, monkeypatch, "calendar", "--as-of", "2026-05-01", "--json"))
    assert [(each["month"], each["ending"]) for each in calendar["months"]] == [("2026-12", 12)]
    assert "2026-12：" in run(climbing, monkeypatch, "calendar", "--as-of", "2026-05-01")


def test_candidates_on_the_page_are_those_of_the_command_and_say_that_no_model_ranks_them(climbing, monkeypatch):
    shown = text_of(signed_in(climbing, city.OFFICER).show("/ladder", AS_OF).json)
    document = json.loads(run(climbing, monkeypatch, "candidates", "--as-of", "2026-05-01", "--json"))
    assert [each["firm_id"] for each in document["firms"]] == [LYCHEE]
    assert (document["ranked_by"], document["model"]) == ("rule", None)
    assert document["why"] in shown
    assert "按规则排序" in document["why"]
    assert document["why"] in run(climbing, monkeypatch, "candidates", "--as-of", "2026-05-01")


def test_a_district_sees_its_own_firms_and_others_nothing(climbing):
    whole = text_of(signed_in(climbing, city.OFFICER).show("/ladder", AS_OF).json)
    district = text_of(signed_in(climbing, city.DISTRICT_OFFICER).show("/ladder", AS_OF).json)
    assert f"/firm/{LYCHEE}" in district
    assert f"/firm/{BANYAN}" in district
    assert f"/firm/{LOTUS}" in whole
    assert f"/firm/{LOTUS}" not in district
    assert ("荷塘" in whole, "荷塘" in district) == (True, False)
    for name in (city.ENTERPRISE, city.ANALYST):
        came = signed_in(climbing, name)
        assert came.show("/ladder").status_code == 403
        assert came.get(f"/download/ladder/near.csv{AS_OF}").status_code == 403
        assert "/ladder" not in text_of(came.show("/").json)


@pytest.mark.parametrize(("what", "firms"), [("near", {LYCHEE}), ("calendar", {LOTUS}), ("candidates", {LYCHEE})])
def test_each_list_goes_as_a_file_with_the_firms_of_the_page(climbing, what, firms):
    answer = signed_in(climbing, city.OFFICER).get(f"/download/ladder/{what}.csv{AS_OF}")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert firms <= {row["统一社会信用代码"] for row in rows}
    own = signed_in(climbing, city.DISTRICT_OFFICER).get(f"/download/ladder/{what}.csv{AS_OF}").get_data(as_text=True)
    assert LOTUS not in own


def test_the_file_of_a_rung_has_that_rung_alone_and_a_strange_one_is_refused(climbing):
    officer = signed_in(climbing, city.OFFICER)
    rows = officer.get(f"/download/ladder/near.csv{AS_OF}&rung=hnte").get_data(as_text=True)
    assert LYCHEE in rows
    assert "规上企业" not in rows
    assert officer.get(f"/download/ladder/near.csv{AS_OF}&rung=none").status_code == 400
    assert officer.get(f"/download/ladder/nothing.csv{AS_OF}").status_code == 404
    assert officer.get(f"/download/ladder/letters-nothing.docx{AS_OF}").status_code == 404
    assert officer.get("/download/ladder/near.csv?as_of=soon").status_code == 400


def test_the_letters_of_a_month_are_one_paper_and_a_month_without_any_has_none(climbing):
    officer = signed_in(climbing, city.OFFICER)
    answer = officer.get(f"/download/ladder/letters-renewal.docx{AS_OF}&month=2026-12")
    words = "\n".join(each.text for each in Document(io.BytesIO(answer.get_data())).paragraphs)
    assert words.count("有效期至2026年12月1日") == 12
    assert officer.get(f"/download/ladder/letters-renewal.docx{AS_OF}&month=2026-11").status_code == 404


def test_the_commands_letters_are_a_file_a_firm_in_either_language(climbing, monkeypatch, tmp_path):
    out = tmp_path / "letters"
    said = run(
        climbing,
        monkeypatch,
        *("letters", "--kind", "one_away", "--rung", "hnte", "--as-of", "2026-05-01"),
        *("--language", "en", "--out", str(out), "--json"),
    )
    (file,) = json.loads(said)
    assert file == str(out / f"one_away-hnte-{LYCHEE}.docx")
    words = "\n".join(each.text for each in Document(file).paragraphs)
    assert "innovation capability score lacks 8 points (62 / 70 points)" in words
    assert "none" not in run(
        climbing, monkeypatch, "letters", "--kind", "renewal", "--month", "2026-11", "--as-of", "2026-05-01",
        "--out", str(out),
    )  # fmt: skip
    wrong = CliRunner().invoke(cli.goldseed, ["ladder", "letters", "--kind", "one_away", "--rung", "x", "--out", "x"])
    assert wrong.exit_code == 2
    assert "little_giant" in wrong.output


def test_a_firms_page_has_its_rungs_for_whoever_sees_the_firm(climbing):
    body = body_of(climbing, "firm-ladder.children", {"firm-shown.data": LOTUS})
    for name in (city.OFFICER, city.ENTERPRISE):
        shown = text_of(signed_in(climbing, name).call(body).json)
        assert "自 2023-12-01 起" in shown or "2023-12-01" in shown
        assert "种子库" in shown
    other = body_of(climbing, "firm-ladder.children", {"firm-shown.data": KAPOK})
    assert signed_in(climbing, city.ENTERPRISE).call(other).status_code == 403
    assert signed_in(climbing, city.DISTRICT_OFFICER).call(body).status_code == 403


def test_the_page_is_in_the_menu_of_firms():
    (declared,) = page.PAGES
    assert (declared.path, bool(declared.icon)) == ("/ladder", True)
    assert DISTRICT.district_code == "440704"
