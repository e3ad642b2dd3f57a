"""What a person finds by a few letters: firms however they are called, and what else there is about them."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

import cli
from dashboard import search_box
from dashboard.pages import DOWNLOADS, PAGES
from dashboard.queries.lists import firm_list
from dashboard.queries.lists.grid_filters import GridQuery
from dashboard.queries.search.everywhere import ADVISERS, CASES, FIRMS, PAPERS, PROBLEMS, Found, found
from dashboard.queries.search.everywhere import PAGES as PAGE
from dashboard.queries.search.pages_and_papers import titled
from dashboard.web.routes import Routes
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Person
from pipeline.advisers import register
from pipeline.store.database import engine_for
from pipeline.store.tables import Case, Firm, Return, ReturnRow
from pipeline.tutoring.problems.problems import record_problem
from scoring.firm_list import keeper
from tests.cast import BANYAN, LOTUS
from tests.dashboard import city

TODAY = city.NOW.date()
MENTOR, TAX = "阮挂点", "税务局科员"
KINDS_OF_ALL = {FIRMS, CASES, PROBLEMS, ADVISERS, PAPERS, PAGE}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, settled_city: Path) -> Iterator[Engine]:
    """The small city; the lotus firm was 荷塘仪器 once, a mentor looks after it, and it has a problem and a broker."""
    file = tmp_path_factory.mktemp("search") / "city.sqlite"
    shutil.copyfile(settled_city, file)
    engine = engine_for(f"sqlite:///{file}")
    console = people.console()
    with Session(engine) as session, session.begin():
        form = session.scalar(select(Return.id))
        for firm, year, name in (
            (LOTUS, 2019, "荷塘仪器（虚构）"),
            (LOTUS, 2018, "莲芯传感(虚构)"),
            (BANYAN, 2026, "明日之名"),
        ):
            known_on = date(2026, 6, 1) if year == 2026 else date(year + 1, 5, 1)
            session.add(ReturnRow(firm_id=firm, return_id=form, sheet_row=1, year=year, known_on=known_on, name=name))
        session.add(Firm(id="neeq:1", cohort="neeq", name="莲芯参照"))
        mentor, _password = people.add(session, MENTOR, "mentor", by=console, now=city.NOW)
        people.add(session, TAX, "department", department="tax", by=console, now=city.NOW)
        session.scalars(select(Case).where(Case.firm_id == LOTUS)).one().mentor_id = mentor.id
        for firm, said in ((LOTUS, "莲芯厂房 100% 无产权证"), (BANYAN, "榕动厂房欠缴土地税款")):
            record_problem(session, console, [firm], "land", said, None, TODAY, TODAY, now=city.NOW)
        register.register(session, console, "broker", "莲芯证券（虚构）", now=city.NOW)
        city.past_the_program(session)
    keeper.rebuild(engine, TODAY)
    yield engine
    engine.dispose()


def person(engine: Engine, name: str) -> Person:
    with Session(engine) as session:
        account = people.named(session, name)
        assert account is not None
        return people.person_from(account)


def asked(engine: Engine, who: Person, words: str, most: int = 5) -> Found:
    pages = titled(Routes(PAGES, DOWNLOADS).open_to(who))
    with Session(engine) as session:
        return found(session, who, words, TODAY, pages, most)


def titles(answer: Found, kind: str = FIRMS) -> list[str]:
    return [hit.title for group in answer.groups if group.kind == kind for hit in group.hits]


LOTUS_NAME = "莲芯传感（虚构）"


@pytest.mark.parametrize(
    "words",
    [
        "莲芯",
        "芯传",
        "LIANXIN",
        "ｌｉａｎｘｉｎ",
        "xinchuan",
        "lxcg",
        "xc",
        "荷塘",
        "hetangyiqi",
        "htyq",
        LOTUS,
        LOTUS[4:15].lower(),
    ],
)
def test_a_firm_is_found_by_parts_of_its_names_their_sounds_and_its_code(known: Engine, words: str):
    assert LOTUS_NAME in titles(asked(known, person(known, city.OFFICER), words))


def test_a_former_name_is_told_and_one_that_is_not_known_yet_or_differs_by_its_brackets_is_none(known: Engine):
    officer = person(known, city.OFFICER)
    (firms, cases) = asked(known, officer, "荷塘").groups
    assert "曾用名 荷塘仪器（虚构）" in firms.hits[0].note
    assert [(hit.title, hit.note, hit.address) for hit in cases.hits] == [
        (LOTUS_NAME, "股改", f"/firm/{LOTUS}#tutoring")
    ]
    assert titles(asked(known, officer, "明日之名")) == []
    assert "曾用名" not in asked(known, officer, "传感").groups[0].hits[0].note


def test_everything_that_goes_by_the_words_is_found_under_its_kind(known: Engine):
    officer = person(known, city.OFFICER)
    by_lotus = asked(known, officer, "莲芯")
    assert [group.kind for group in by_lotus.groups] == [FIRMS, CASES, PROBLEMS, ADVISERS]
    assert titles(by_lotus) == [LOTUS_NAME]  # and not the firm of another cohort
    assert titles(by_lotus, PROBLEMS) == ["莲芯厂房 100% 无产权证"]
    assert by_lotus.groups[2].hits[0].address == f"/problems?firm={LOTUS}&all=1"
    assert titles(by_lotus, ADVISERS) == ["莲芯证券(虚构)"]
    with language.speaking(language.CHINESE):
        pools = asked(known, officer, "种子库")
        assert [hit.address for group in pools.groups for hit in group.hits if group.kind == PAGE] == ["/pools"]
        assert titles(asked(known, officer, "专报"), PAPERS) == ["专项报告（专报）PDF", "专项报告（专报）Word"]
    with language.speaking(language.ENGLISH):
        assert titles(asked(known, officer, "SEED pool"), PAGE) == ["Pools"]


def test_more_than_are_named_leads_to_the_list_which_finds_the_same(known: Engine):
    officer = person(known, city.OFFICER)
    answer = asked(known, officer, "ＸＵgou", most=4)
    firms = answer.groups[0]
    assert (len(firms.hits), firms.more, firms.more_at) == (4, True, "/firms?search=xugou")
    with Session(known) as session:
        listed = firm_list.rows(session, officer, TODAY, GridQuery(search="xugou"), more=())
    assert len(listed) == len(city.firms())
    assert sorted(titles(asked(known, officer, "xugou", most=50))) == sorted(row["name"] for row in listed)
    assert not asked(known, officer, "荷塘").groups[0].more


def test_each_role_finds_what_it_reaches(known: Engine):
    reached = {
        name: {group.kind: len(group.hits) for group in asked(known, person(known, name), words, most=50).groups}
        for name, words in (
            (city.OFFICER, "虚构"),
            (city.DISTRICT_OFFICER, "虚构"),
            (MENTOR, "虚构"),
            (city.ENTERPRISE, "虚构"),
            (city.ANALYST, "虚构"),
            (TAX, "虚构"),
        )
    }
    cases = 6
    district = sum(firm == BANYAN or place % 7 == 1 for place, firm in enumerate(city.firms()))
    assert reached[city.OFFICER] == {FIRMS: 12, CASES: cases, ADVISERS: 1}
    assert reached[city.DISTRICT_OFFICER] == {FIRMS: district, CASES: 1, ADVISERS: 1}
    assert reached[MENTOR] == {FIRMS: 1, CASES: 1, ADVISERS: 1}
    assert reached[city.ENTERPRISE] == {FIRMS: 1, CASES: 1}
    assert reached[city.ANALYST] == {FIRMS: 12}
    assert reached[TAX] == {}
    for name, texts in ((MENTOR, ["莲芯厂房 100% 无产权证"]), (city.DISTRICT_OFFICER, ["榕动厂房欠缴土地税款"])):
        assert titles(asked(known, person(known, name), "厂房"), PROBLEMS) == texts
    for name in (city.ENTERPRISE, TAX):  # no page and no problem by its words
        for words in ("厂房", "账户", "种子库", "提醒"):
            assert asked(known, person(known, name), words).groups == ()
    assert search_box.search_box(person(known, TAX)) is None


SIGNS = "莲芯a1%_*?[]^\\/'\"`()-:;NEARAND \x00\ud800\n　（％"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("")
@example("莲")
@example("莲" * 300)
@example("\x00\x00\x00")
@example("莲\x00芯")
@example("\ud800\udfff")
@example("%%")
@example("__")
@example("莲_传")
@example("莲*感")
@example("莲?传")
@example('"莲芯')
@example("莲芯 AND 传感")
@example("NEAR(莲芯 传感)")
@example("' OR 1=1 --")
@given(words=st.text(alphabet=SIGNS, max_size=12))
def test_no_sign_is_a_pattern_and_nothing_is_an_error(known: Engine, words: str):
    answer = asked(known, person(known, city.OFFICER), words)
    tidy = "".join(sign if sign.isprintable() else " " for sign in words)
    for title in titles(answer):  # of these letters only names and codes are made, and no sound
        code = next(firm for firm, name in city.firms().items() if name == title)
        held = f"{title} {code}".replace("（", "(").lower()
        plain = tidy.replace("　", " ").replace("（", "(").replace("％", "%").lower()
        if not set("anerd") & set(plain):
            assert all(word in held for word in plain.split()), words


def test_what_is_too_short_or_too_long_to_look_for_is_not_said_to_be_nowhere(known: Engine):
    officer = person(known, city.OFFICER)
    said = {words: str(search_box.shown(asked(known, officer, words))) for words in ("莲", "莲" * 201, "没有这样的")}
    assert "请至少输入 2 个字符。" in said["莲"]
    assert "最多可输入 200 个字符。" in said["莲" * 201]
    assert "没有与此相符的" in said["没有这样的"]
    assert titles(asked(known, officer, "莲芯"))


def test_the_command_finds_what_the_box_finds(known: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    file = tmp_path / "city.sqlite"
    with closing(sqlite3.connect(known.url.database or "")) as connection:
        connection.execute("VACUUM INTO ?", (str(file),))
    monkeypatch.setenv("GOLDSEED_DB_URL", f"sqlite:///{file}")

    def run(*arguments: str, code: int = 0) -> Any:
        done = CliRunner().invoke(cli.goldseed, ["search", *arguments])
        assert done.exit_code == code, done.output
        return done.stdout

    for name in (city.OFFICER, city.ENTERPRISE, TAX):
        told = json.loads(run("莲芯", "--person", name, "--json"))
        boxed = asked(known, person(known, name), "莲芯")
        assert [(group["kind"], [hit["title"] for hit in group["hits"]]) for group in told["groups"]] == [
            (group.kind, [hit.title for hit in group.hits]) for group in boxed.groups
        ]
    shown = str(search_box.shown(asked(known, person(known, city.OFFICER), "莲芯")))
    for line in run("莲芯", "--person", city.OFFICER).splitlines():
        assert all(part in shown for part in line.split("  ") if part), line
    assert run("没有这样的", "--person", city.OFFICER) == "您可查看的内容中没有与此相符的。\n"
    assert CliRunner().invoke(cli.goldseed, ["search", "莲芯", "--person", "nobody"]).exit_code == 1
