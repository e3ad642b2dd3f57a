"""Every page, download and callback, by every role, with the ids of others: nothing of theirs comes out or changes."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from dash import Input, State, html
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from dashboard.app import create_app
from dashboard.reports import firm_pdf
from dashboard.web.callbacks import Declared
from dashboard.web.routes import Page, Routes
from pipeline import printing
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.reminders.calendar_address import make_token
from pipeline.settings import ROOT, Settings, from_environment
from pipeline.store.tables import Account, Case, Firm, Visit
from pipeline.store.tutoring_tables import Task, VisitChoice
from tests.dashboard.of_another.ids_of_others import NOBODYS, addresses, as_if_nobodys, behind, turned
from tests.dashboard.of_another.marked_city import CAST, FIRMS, THEIRS, Numbers, mark_all, open_accounts
from tests.dashboard.of_another.watch import OPENS, Place, Rows, Watch
from tests.dashboard.test_trail import LOOKS, ON_THE_PAGE
from tests.dashboard.trail_board import Board, callbacks_of_the_board, listed, something_to_do
from tests.dashboard.trail_steps import Step, steps

#: Of whom each answer is held against that to nobody's ids too, where they may do it at all: one of each scope that has
#: others beside it.
ASKS_TWICE = ("officer of the district", "enterprise", "mentor")
#: Whose ids each tries.
TRIES = {
    "officer of the city": "ref",
    "officer of the district": "far",
    "officer elsewhere": "own",
    "enterprise": "near",
    "reader": "near",
    "mentor": "near",
    "department": "far",
    "analyst": "far",
    "auditor": "far",
    "admin": "far",
}


class Unprinted:
    """A document that would be set as PDF: its text as it is."""

    def __init__(self, html: str) -> None:
        self.html, self.pages = html, [html]

    def copy(self, pages: list[str]) -> "Unprinted":
        return Unprinted("".join(pages))

    def write_pdf(self) -> bytes:
        return self.html.encode()


class Marked(Board):
    """The board with its marks, and those who walk over it."""

    def __init__(self, app: Any, numbers: dict[str, Numbers]) -> None:
        super().__init__(app)
        self.numbers = numbers
        self.tried = numbers["far"]
        self.people: dict[str, people.Person] = {}
        with Session(self.engine) as session:
            mentors = dict(session.execute(select(Case.firm_id, Case.mentor_id).where(Case.closed_on.is_(None))).all())
            places = {
                firm.id: Place(firm.cohort, firm.district_code, frozenset({mentors.get(firm.id)} - {None}))
                for firm in session.scalars(select(Firm))
            }
            for account in session.scalars(select(Account).where(Account.name.in_(CAST))):
                self.people[account.name] = people.person_from(account)
        self.watch = Watch(FIRMS, places, THEIRS)
        for name in CAST:
            self.visitor(name)
        self.rows = Rows(self.engine.url.database)

    def pair(self, of: type[Case] | type[Visit] | type[Task], number: int) -> list[int]:
        """Of the firm that is tried, whichever one the walk means."""
        return [self.tried.of[of.__tablename__], 1]


@pytest.fixture(scope="module")
def marked(settled_city: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Marked]:
    folder = tmp_path_factory.mktemp("of_another")
    file = folder / "goldseed.sqlite"
    shutil.copyfile(settled_city, file)
    settings = Settings(root=ROOT, db_url=f"sqlite:///{file}", models=folder / "models", secret=None, language="zh_CN")
    app = create_app(settings)
    printed = {name: getattr(firm_pdf, name) for name in ("report_pdf", "reports_pdf")}
    with pytest.MonkeyPatch.context() as patched:
        something_to_do(app, folder, patched)
        for name, made in printed.items():
            patched.setattr(firm_pdf, name, made)
        patched.setattr(printing, "_set", Unprinted)
        engine = app.server.extensions["goldseed"].engine
        open_accounts(engine)
        yield Marked(app, mark_all(engine))
    engine.dispose()


def test_every_role_that_can_have_an_account_walks(marked: Marked):
    """A new row of the table of roles needs somebody of the cast who has it."""
    assert {one.role for one in marked.people.values()} == set(people.account_roles())
    assert TRIES.keys() == CAST.keys()


#: Addresses, and what sets callbacks off, that show a record of the city as a whole: what is odd in any file that came
#: in, and the trail. Who reaches them without a district reads there of reference cohorts too, which are public, and
#: settles what is odd in their files.
_WHOLE = ("/imports", "/checks", "/trail", "/download/cells.csv", "/download/sources.csv", "/download/trail.csv")
_WHOLE_CALLBACKS = ("checks-", "imports-")
_OF_REFERENCE = {("ref", kind) for kind in ("name", "import", "brought", "finding_cell", "settled", "trail")}


def _is_whole(what: str) -> bool:
    return what.partition("?")[0] in _WHOLE or what.startswith(_WHOLE_CALLBACKS)


class Seen:
    """What was asked, and what was wrong with it."""

    def __init__(self, marked: Marked) -> None:
        self.marked, self.asked = marked, 0
        self.wrong: list[str] = []

    def look(self, name: str, what: str, answer: Any) -> None:
        """At an answer to this person, and at what has changed since the last one."""
        self.asked += 1
        person = self.marked.people[name]
        whole = _is_whole(what) and name == "officer of the city"
        if leaks := self.marked.watch.leaks(person, answer.data, _OF_REFERENCE if whole else ()):
            self.wrong.append(f"{name}: {what} {answer.status_code} shows {sorted(leaks)}")
        if answer.status_code >= 500:
            self.wrong.append(f"{name}: {what} {answer.status_code} {answer.text[:200]}")
        changed = self.marked.rows.changed(by=person.id)
        if people.may(person, people.Action.MANAGE_PEOPLE):
            changed = {table: rows for table, rows in changed.items() if table not in _OF_ACCOUNTS}
        if people.may(person, people.Action.SCORE):
            changed.pop("score", None)  # how many are expected changes the chance of each firm of the cohort
        if changed and not whole:
            self.wrong.append(f"{name}: {what} changed {changed}")

    def alike(self, name: str, what: str, theirs: Any, nobodys: Any, of: Numbers) -> None:
        """What is another's is answered as what is nobody's: else who asks learns that it is there."""
        if (theirs.status_code, as_if_nobodys(theirs.text, of)) != (
            nobodys.status_code,
            as_if_nobodys(nobodys.text, NOBODYS),
        ):
            answered = f"{theirs.status_code}, of nobody {nobodys.status_code}: {theirs.text[:300]}"
            self.wrong.append(f"{name}: {what} {answered}")


#: Whoever manages accounts may change those of any firm of the city.
_OF_ACCOUNTS = {"account", "invitation", "second_step", "recovery_code", "outside_account", "calendar_token"}


def _pages(marked: Marked, names: Iterable[str] = tuple(CAST)) -> Seen:
    seen = Seen(marked)
    routes = marked.app.server.extensions["goldseed-routes"]
    for name in names:
        visitor, whose = marked.visitor(name), TRIES[name]
        for page in routes.pages:
            answers = {}
            firms = [*dict.fromkeys(("own", whose)), "nobody"] if "<firm_id>" in page.path else [whose, "nobody"]
            for firm in firms:
                if firm == "nobody" and (name not in ASKS_TWICE or not page.opens_to(marked.people[name])):
                    continue
                of = NOBODYS if firm == "nobody" else marked.numbers[firm]
                (path,) = addresses(page.path, of)
                answers[firm] = visitor.show(path, f"?{behind(of)}")
                seen.look(name, path, answers[firm])
            if "nobody" in answers:
                seen.alike(name, page.path, answers[whose], answers["nobody"], marked.numbers[whose])
    return seen


def test_no_page_shows_anything_of_another(marked: Marked):
    seen = _pages(marked)
    assert not seen.wrong, "\n".join(seen.wrong)
    assert seen.asked > 400


def test_no_calendar_tells_of_another_not_even_of_what_its_owner_once_had_to_do(marked: Marked):
    """Each owns every open step and chose every firm for the week, as before firms moved out of their reach."""
    seen, told = Seen(marked), set[str]()
    on = from_environment().today()
    for name, person in marked.people.items():
        with Session(marked.engine) as session, session.begin():
            for of in (Visit, Task):
                session.execute(update(of).values(owner_id=person.id))
            chosen = {"firms": list(FIRMS.values()), "chosen_at": datetime(on.year, on.month, on.day)}
            session.execute(delete(VisitChoice))
            session.add(VisitChoice(account_id=person.id, week=on - timedelta(days=on.weekday()), **chosen))
            token = make_token(session, name, by=people.console(), now=datetime.now(UTC))
        marked.rows.look()
        answer = marked.visitor(name).get(f"/calendar/{token}.ics")
        assert answer.status_code == 200
        seen.look(name, "/calendar", answer)
        told |= {name} if "BEGIN:VEVENT" in answer.text else set()
    marked.rows.put_back()
    assert not seen.wrong, "\n".join(seen.wrong)
    assert {"officer of the city", "officer of the district", "enterprise", "mentor"} <= told


def test_no_download_holds_anything_of_another(marked: Marked):
    seen = Seen(marked)
    for name in CAST:
        visitor, whose = marked.visitor(name), TRIES[name]
        of = marked.numbers[whose]
        for download in marked.app.server.extensions["goldseed-routes"].downloads:
            forms = 5 if name == "officer of the district" else 3
            each = zip(addresses(download.path, of, forms), addresses(download.path, NOBODYS, forms), strict=True)
            for path, nobodys in each:
                answer = visitor.get(f"{path}?{behind(of)}")
                seen.look(name, path, answer)
                asks_twice = name in ASKS_TWICE and download.opens_to(marked.people[name])
                if asks_twice and (answer.status_code != 200 or nobodys != path):
                    other = visitor.get(f"{nobodys}?{behind(NOBODYS)}")
                    seen.look(name, nobodys, other)
                    seen.alike(name, path, answer, other, of)
    assert not seen.wrong, "\n".join(seen.wrong)
    assert seen.asked > 400


#: Of every callback, each that sets it off, and what gives good values: the trail's walk, or its looks.
Given = tuple[str, Declared, Callable[[], dict[str, Any]]]


def _given(marked: Marked) -> list[Given]:
    changes: dict[str, Step] = {}
    for step in steps(b"x"):
        if step.left or step.trigger not in changes:
            changes[step.trigger] = step
    found: list[Given] = []
    for declared in callbacks_of_the_board():
        for way in sorted({".".join(way) for way in listed(declared, Input)}):
            if way in changes:
                found.append((way, declared, partial(_of_step, marked, changes[way])))
            elif way in LOOKS:
                found.append((way, declared, partial(dict, {**ON_THE_PAGE, **LOOKS[way]})))
    assert {id(declared) for _way, declared, _values in found} == {id(one) for one in callbacks_of_the_board()}
    return found


def _of_step(marked: Marked, step: Step) -> dict[str, Any]:
    return {"expected-run.data": 1, **step.filled(marked)}


def _sent(marked: Marked, given: Given, of: Numbers) -> dict[str, Any]:
    """What the callback takes, with these ids."""
    trigger, declared, values = given
    marked.tried = of
    pressed = {trigger: 1} if trigger.endswith(("clicks", "intervals")) else {}
    taken = {".".join(way) for kind in (Input, State) for way in listed(declared, kind)} | {"button", "match"}
    return {name: value for name, value in {**pressed, **turned(values(), of)}.items() if name in taken}


def test_no_callback_shows_or_changes_anything_of_another(marked: Marked):
    seen = Seen(marked)
    for name in CAST:
        whose = TRIES[name]
        of = marked.numbers[whose]
        for given in _given(marked):
            trigger, declared, _values = given
            sent, nobodys = (_sent(marked, given, each) for each in (of, NOBODYS))
            of_no_firm = sent == nobodys
            if name == "officer of the city" and of_no_firm:
                continue  # an act for the whole city
            answer = marked.fire(name, declared, sent, trigger)
            seen.look(name, trigger, answer)
            may_at_all = declared.may is None or people.may(marked.people[name], declared.may)
            if not of_no_firm and may_at_all and name in ASKS_TWICE:
                other = marked.fire(name, declared, nobodys, trigger)
                seen.look(name, trigger, other)
                seen.alike(name, trigger, answer, other, of)
    marked.rows.put_back()
    assert not seen.wrong, "\n".join(seen.wrong)
    assert seen.asked > 1500


#: What the marked board is not in the state for, so that the very same values change nothing for anybody: the trail's
#: own walk (test_trail.py) does these one after the other. Each is refused for others all the same.
_NEEDS_MORE = {
    # Something has to be done first, or undone.
    "cases-undo.n_clicks",
    "firm-case-correct.n_clicks",
    "firm-case-follow.n_clicks",
    "firm-case-open.n_clicks",
    "firm-label-save.n_clicks",
    "firm-step-reopen.n_clicks",
    "firm-task-reopen.n_clicks",
    "imports-store.n_clicks",
    "problems-join.n_clicks",
    "problems-leave.n_clicks",
    "problems-reopen.n_clicks",
    "pools-confirm.n_clicks",
    "pools-list-enter.n_clicks",
    '{"return":["ALL"],"type":"own-return-send"}.n_clicks',
    "pacesetters-name.n_clicks",
    "pacesetters-revoke.n_clicks",
    "pacesetters-withdraw.n_clicks",
    # The stage that the walk is at is another.
    "board-stage-save.n_clicks",
    "firm-case-back.n_clicks",
    # Two people have to sign before anything is paid or clawed back.
    '{"type":"support-grant","way":["ALL"]}.n_clicks',
    # What is written by hand here is no file that the checker would take, or rests on the firm's own files.
    "own-return-file.contents",
    "imports-undo.n_clicks",
    '{"objection":["ALL"],"type":"objection-accept"}.n_clicks',
    '{"return":["ALL"],"type":"handed-in-accept"}.n_clicks',
    # Each takes back their own alone.
    "advisers-evaluate.n_clicks",
    "advisers-evaluation-correct.n_clicks",
    "advisers-evaluation-withdraw.n_clicks",
    "firms-view-delete.n_clicks",
    '{"message":["ALL"],"type":"firm-message-withdraw"}.n_clicks',
    # A department's.
    "opinions-paper-save.n_clicks",
    "opinions-save.n_clicks",
}


def test_the_same_values_change_it_for_whoever_may(marked: Marked):
    changing, changed = set[str](), set[str]()
    leaves = {step.trigger for step in steps(b"x") if step.left}
    for given in _given(marked):
        trigger, declared, _values = given
        sent = _sent(marked, given, marked.numbers["far"])
        if trigger in leaves and sent != _sent(marked, given, NOBODYS):
            changing.add(trigger)
            own = _sent(marked, given, marked.numbers["own"])
            for name, values in (("officer of the city", sent), ("enterprise", own)):
                marked.fire(name, declared, values, trigger)
                if marked.rows.changed():
                    changed.add(trigger)
                    marked.rows.put_back()
                    break
    assert changing - changed == _NEEDS_MORE
    assert len(changed) > 50


def test_a_page_without_a_scope_is_named(marked: Marked, monkeypatch: pytest.MonkeyPatch):
    def every_firm(_view: Any) -> Any:
        with Session(marked.engine) as session:
            return html.Ul([html.Li(name) for name in session.scalars(select(Firm.name))])

    def of_that_firm(_view: Any, firm_id: str) -> Any:
        with Session(marked.engine) as session:
            session.execute(update(Firm).where(Firm.id == firm_id).values(name=firm_id))
            session.commit()
        return html.P("done")

    open_to_all = Routes([Page("/leaky", every_firm, None, "Leaky")])
    monkeypatch.setitem(marked.app.server.extensions, "goldseed-routes", open_to_all)
    wrong = _pages(marked, ("enterprise", "auditor")).wrong
    assert wrong == ["enterprise: /leaky 200 shows ['far name', 'near name', 'ref name']"] * 2
    writing = Routes([Page("/<firm_id>/changed", of_that_firm, Action.SEE_FIRMS, "Leaky")])
    monkeypatch.setattr(Routes, "admit", lambda *_: None)
    monkeypatch.setitem(marked.app.server.extensions, "goldseed-routes", writing)
    wrong = _pages(marked, ("reader",)).wrong
    assert len(wrong) == 2, wrong
    assert all("changed {'firm':" in one for one in wrong)
    marked.rows.put_back()
    with pytest.raises(KeyError, match="<unheard>"):
        addresses("/firm/<firm_id>/<unheard>", NOBODYS)


def test_a_mark_stands_in_every_table_about_firms(marked: Marked):
    marks = {
        table: {mark for row in rows for mark in _MARK_OF_FAR.findall(str(row))}
        for table, rows in marked.rows.rows.items()
    }
    unmarked = {table for table, found in marks.items() if not found}
    assert unmarked == _NO_TEXT
    # The trail is no table of firms, and the courts were asked about another firm alone.
    assert {kind for found in marks.values() for kind in found} == OPENS.keys() - {"trail", "opinion_courts"}


_MARK_OF_FAR = re.compile(r"Zfar_([a-z_]+)Z")
#: Tables that keep nothing that a person wrote about one firm: of advisers, models, reviews and accounts, and numbers.
_NO_TEXT = {
    "adviser",
    "adviser_change",
    "adviser_filing",
    "alembic_version",
    "calendar_token",
    "event",
    "invitation",
    "message_read",
    "model",
    "model_file",
    "negative_entry",
    "negative_note",
    "notice_firm",
    "opinion_request",
    "outside_account",
    "pacesetter_round",
    "pool_membership",
    "pool_review",
    "pool_review_inputs",
    "public_notice",
    "recovery_code",
    "reminder_choice",
    "reminder_seen",
    "reminder_sent",
    "return_asked",
    "return_due",
    "returns",
    "score",
    "score_reasons",
    "second_step",
    "spot_check",
    "spot_check_item",
    "visit_choice",
}
