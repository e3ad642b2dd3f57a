"""On the board: whatever is done leaves exactly its own entries in the trail, and looking leaves none.

Every callback and every address stands in one of two lists, the walk or the looks; a new one that stands in neither
fails the test.
"""

import base64
from pathlib import Path
from typing import Any

import pytest
from dash import Input
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.messages.writing import write as write_message
from pipeline.objections.objecting import object_to
from pipeline.objections.subject import FIGURE, Subject
from pipeline.own_returns import handing_in
from pipeline.own_returns.form_of_firm import typed_form
from pipeline.support import claims
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.dashboard import city
from tests.dashboard.conftest import Visitor
from tests.dashboard.trail_board import (
    Board,
    callbacks_of_the_board,
    fired_by,
    listed,
    name_of,
    something_to_do,
)
from tests.dashboard.trail_steps import (
    MESSAGE_WITHDRAWN,
    OBJECT,
    OBJECTION_WITHDRAWN,
    RETURN_SENT,
    RETURN_WITHDRAWN,
    steps,
    upload,
)
from tests.pipeline.intake.workbooks import write
from tests.pipeline.tutoring.attachments.files import pdf


@pytest.fixture
def board(app: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    something_to_do(app, tmp_path, monkeypatch)
    return Board(app)


def test_each_callback_that_changes_something_leaves_its_entries_and_no_others(board: Board, tmp_path: Path):
    wrong = []
    today = str(board.app.server.extensions["goldseed"].settings.today())
    for each in steps(write(tmp_path / "form.xlsx").read_bytes()):
        board.visitor(each.who)
        declared = fired_by(each.trigger)
        values = {"expected-run.data": 1, each.trigger: 1, **each.filled(board)}
        answer = board.fire(each.who, declared, values, each.trigger)
        if each.trigger in ("imports-file.contents", "imports-store.n_clicks") and answer.status_code == 200:
            job = answer.json["response"]["imports-job"]["data"]
            board.job = {"id": "", "look": job["look" if "look" in job else "id"]} if job else board.job
        wanted = [(each.who, action, subject.replace("TODAY", today)) for action, subject in each.left]
        found = board.left()
        if found != wanted or answer.status_code not in (200, 204, 400):
            wrong.append(f"{each} : {found} {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)
    with Session(board.engine) as session:
        audit.verify_all(session)


#: What a firm's own account may do too.
_OF_EVERYBODY = {
    "account-contact-save.n_clicks",
    "account-step-begin.n_clicks",
    "account-step-confirm.n_clicks",
    "account-step-off.n_clicks",
    "account-save.n_clicks",
    "account-digest-save.n_clicks",
    "account-calendar-make.n_clicks",
    "account-calendar-revoke.n_clicks",
    "firm-apply-save.n_clicks",
    "firms-view-save.n_clicks",
    "firms-view-delete.n_clicks",
    "firm-declared-application-withdraw.n_clicks",
    "firm-message-send.n_clicks",
    MESSAGE_WITHDRAWN,
    "mine-object-send.n_clicks",
    OBJECTION_WITHDRAWN,
    "own-return-typed.n_clicks",
    "own-return-file.contents",
    RETURN_SENT,
    RETURN_WITHDRAWN,
}


def test_what_a_person_may_not_do_leaves_no_entry(board: Board):
    board.visitor(city.ENTERPRISE)
    for each in steps(b""):
        if each.who != city.ENTERPRISE and each.trigger not in _OF_EVERYBODY:
            values = {"expected-run.data": 1, each.trigger: 1, **each.filled(board)}
            answer = board.fire(city.ENTERPRISE, fired_by(each.trigger), values, each.trigger)
            assert answer.status_code == 403, each
            assert board.left() == [], each


# --- looks -----------------------------------------------------------------------------------------

_ABOUT = {"model": "small-2026", "other": "small-2026", "cohort": "city", "day": "2026-05-01"}
_COMPARED = {"before": "2025-05-01", "after": "2026-05-01", "facts": "2026-05-01"}
_EXAMPLE = "data:," + base64.b64encode("信用代码,年度\n1,2024\n".encode()).decode()
#: What only looks: what sets it off, and what else is on the page.
LOOKS: dict[str, dict[str, Any]] = {
    "address.pathname": {"address.pathname": "/pools"},
    "everywhere.value": {"everywhere.value": "莲芯"},
    # What a person has read is no decision.
    "reminders-all.n_clicks": {},
    "accounts-firm.searchValue": {"accounts-firm.searchValue": "莲"},
    "accounts-to-firm.searchValue": {"accounts-to-firm.searchValue": "莲"},
    "accounts-grid.selectedRows": {"accounts-grid.selectedRows": [{"name": city.OFFICER}]},
    "trail-person.value": {"trail-person.value": city.OFFICER},
    "trail-csv.id": {"trail-csv.id": "trail-csv", "address.pathname": "/trail"},
    "checks-cells-shown.value": {"checks-cells-shown.value": "open", "checks-tabs.value": "cells"},
    "checks-sources-shown.value": {"checks-sources-shown.value": "open", "checks-tabs.value": "sources"},
    "comparison-do.n_clicks": {"comparison-before.value": "2025-05-01", "comparison-after.value": "2026-05-01"},
    "comparison-found-tick.n_intervals": {"comparison-found-asked.data": _COMPARED},
    "comparison-found-again.n_clicks": {"comparison-found-asked.data": _COMPARED},
    "effect-found-tick.n_intervals": {"effect-found-asked.data": {"on": "2026-05-01"}},
    "effect-found-again.n_clicks": {"effect-found-asked.data": {"on": "2026-05-01"}},
    "growers-found-tick.n_intervals": {"growers-found-asked.data": {"on": "2026-05-01"}},
    "growers-found-again.n_clicks": {"growers-found-asked.data": {"on": "2026-05-01"}},
    "pacesetters-found-tick.n_intervals": {"pacesetters-found-asked.data": {"on": "2026-05-01"}},
    "pacesetters-found-again.n_clicks": {"pacesetters-found-asked.data": {"on": "2026-05-01"}},
    "pacesetters-firm.searchValue": {"pacesetters-firm.searchValue": "莲"},
    "targets-found-tick.n_intervals": {"targets-found-asked.data": {"on": "2026-05-01"}},
    "targets-found-again.n_clicks": {"targets-found-asked.data": {"on": "2026-05-01"}},
    "activities-found-tick.n_intervals": {"activities-found-asked.data": {"on": "2026-05-01"}},
    "activities-found-again.n_clicks": {"activities-found-asked.data": {"on": "2026-05-01"}},
    "activities-show.n_clicks": {"activities-group.value": "platform", "activities-level.value": "city"},
    "agencies-found-tick.n_intervals": {"agencies-found-asked.data": {"on": "2026-05-01"}},
    "agencies-found-again.n_clicks": {"agencies-found-asked.data": {"on": "2026-05-01"}},
    "finance-found-tick.n_intervals": {"finance-found-asked.data": {"on": "2026-05-01"}},
    "finance-found-again.n_clicks": {"finance-found-asked.data": {"on": "2026-05-01"}},
    "firm-activities-of.data": {"firm-activities-of.data": LOTUS},
    "firm-activity-kind.value": {"firm-activity-kind.value": "contest"},
    "support-forecast-tick.n_intervals": {"support-forecast-asked.data": {"on": "2026-05-01"}},
    "support-forecast-again.n_clicks": {"support-forecast-asked.data": {"on": "2026-05-01"}},
    "support-files.filename": {"support-files.filename": ["通知.pdf"]},
    "monitor-found-tick.n_intervals": {"monitor-found-asked.data": {"on": "2026-05-01"}},
    "monitor-found-again.n_clicks": {"monitor-found-asked.data": {"on": "2026-05-01"}},
    "ladder-found-tick.n_intervals": {"ladder-found-asked.data": {"on": "2026-05-01"}},
    "ladder-found-again.n_clicks": {"ladder-found-asked.data": {"on": "2026-05-01"}},
    "ladder-candidates-tick.n_intervals": {"ladder-candidates-asked.data": {"on": "2026-05-01"}},
    "ladder-candidates-again.n_clicks": {"ladder-candidates-asked.data": {"on": "2026-05-01"}},
    "pools-outlook-tick.n_intervals": {"pools-outlook-asked.data": {"on": "2026-05-01"}},
    "pools-outlook-again.n_clicks": {"pools-outlook-asked.data": {"on": "2026-05-01"}},
    "firms-grid.getRowsRequest": {"firms-grid.getRowsRequest": {"startRow": 0, "endRow": 5}},
    "imports-tick.n_intervals": {"imports-tick.n_intervals": 1, "imports-job.data": {"id": "none"}},
    "imports-grid.selectedRows": {"imports-grid.selectedRows": [{"id": "1"}]},
    "mapping-file.contents": {"mapping-file.contents": _EXAMPLE, "mapping-file.filename": "form.csv"},
    '{"type":"firm-visit-edit","visit":["ALL"]}.n_clicks': {"button": {"type": "firm-visit-edit", "visit": 1}},
    "firm-visit-leave.n_clicks": {},
    "firm-visit-files.filename": {"firm-visit-files.filename": ["纪要.pdf"]},
    "visits-show.n_clicks": {"visits-district.value": "440703", "visits-kept.data": {"step": "open"}},
    '{"task":["ALL"],"type":"firm-task-edit"}.n_clicks': {
        "firm-tasks-of.data": LOTUS,
        "button": {"type": "firm-task-edit", "task": 1},
    },
    "firm-task-leave.n_clicks": {},
    "firm-plan-propose.n_clicks": {"firm-tasks-of.data": LOTUS},
    "firm-stage.value": {"firm-stage.value": "tutoring_filed", "firm-case.data": [1, 1]},
    "board-stage.value": {"board-stage.value": "advisers", "board-case.data": [6, 1]},
    "board-asked.data": {"board-asked.data": {"case": 6, "seen": 1, "stage": "advisers"}},
    "firm-scored.data": {},
    "firm-raise-do.n_clicks": {},
    "firm-moved-do.n_clicks": {},
    "firm-stated-do.n_clicks": {},
    "firm-stated-fact.value": {"firm-stated-fact.value": "revenue_cny"},
    "firm-shown.data": {},
    "firm-pools-shown.data": {"firm-pools-shown.data": LOTUS},
    "firm-pacesetter-shown.data": {"firm-pacesetter-shown.data": LOTUS},
    "mine-given-of.data": {"mine-given-of.data": LOTUS},
    "firm-messages-of.data": {"firm-messages-of.data": LOTUS, "address.hash": "#messages"},
    '{"most":["ALL"],"type":"firm-messages-show"}.n_clicks': {
        "firm-messages-of.data": LOTUS,
        "button": {"type": "firm-messages-show", "most": 30},
    },
    "firm-message-files.filename": {"firm-message-files.filename": ["表.pdf"]},
    OBJECT: {
        "mine-objections-of.data": LOTUS,
        "button": {"type": "mine-object", "about": "figure", "key": "staff:2025"},
    },
    "mine-object-cancel.n_clicks": {},
    "own-return-year.value": {"own-return-year.value": "2024"},
    '{"fact":["MATCH"],"type":"own-return-field"}.value': {
        "match": {"type": "own-return-field", "fact": "staff"},
        "own-return-of.data": LOTUS,
        "own-return-year.value": "2024",
    },
    '{"return":["MATCH"],"type":"handed-in-look"}.n_clicks': {"match": {"type": "handed-in-look", "return": 1}},
    "mine-object-value.value": {
        "mine-objections-of.data": LOTUS,
        "mine-object-about.data": {"about": "figure", "key": "staff:2025"},
        "mine-object-value.value": "80",
    },
    "mine-object-files.filename": {"mine-object-files.filename": ["表.pdf"]},
    "review-replay.n_clicks": {"review-shown.data": 1},
    '{"board":["MATCH"],"type":"board-line"}.value': {},
    "pools-shown.data": {"pools-shown.data": ""},
    "problems-firms.searchValue": {"problems-firms.searchValue": "莲", "problems-firms.value": [BANYAN]},
    "problems-other.searchValue": {"problems-other.searchValue": "莲"},
    '{"problem":["ALL"],"type":"problems-open"}.n_clicks': {"button": {"type": "problems-open", "problem": 1}},
    "advisers-firm.searchValue": {"advisers-firm.searchValue": "莲"},
    "compare-firm.searchValue": {"compare-firm.searchValue": "莲"},
    "compare-firm.value": {"compare-firm.value": LOTUS, "compare-firms.data": [BANYAN]},
    "cases-propose.n_clicks": {"cases-grid.selectedRows": [{"case_id": 2, "version": 1}]},
    "opinions-paper-list.value": {"opinions-paper-list.value": "1"},
    "pools-list-file.filename": {"pools-list-file.filename": "list.xlsx"},
    "policy-file.contents": {"policy-file.contents": "data:text/yaml;base64,eno6IDE="},
    "policy-try.n_clicks": {},
    "policy-tick.n_intervals": {"policy-job.data": None},
    "models-backtest-tick.n_intervals": {"models-backtest-about.data": _ABOUT},
    "backtest-do.n_clicks": {"backtest-dates.value": "2024-05-01", "models-backtest-about.data": _ABOUT},
    "backtest-cancel.n_clicks": {"models-backtest-job.data": "none"},
    "models-watch-tick.n_intervals": {"models-watch-about.data": _ABOUT},
    "models-inspect-tick.n_intervals": {"models-inspect-about.data": _ABOUT},
    "model-feature.value": {"model-feature.value": "revenue"},
    "model-pair.value": {"model-pair.value": "assets staff"},
    "model-tabs.value": {
        "model-tabs.value": "drift",
        "models-inspect-about.data": _ABOUT,
        "models-watch-about.data": _ABOUT,
    },
    "models-compare-tick.n_intervals": {"models-compare-about.data": _ABOUT},
    "models-compare.n_clicks": {"models-a.value": "small-2026", "models-b.value": "small-2026"},
    # A training that has begun has changed nothing yet: the model that it stores has its entry (tests/commands).
    "models-train.n_clicks": {
        "models-as-of.value": "2026-05-01",
        "models-cohorts.value": ["city"],
        "models-event.value": "tutoring_filed",
        "models-within.value": "24",
    },
    "models-tick.n_intervals": {"models-job.data": "none"},
    "models-cancel.n_clicks": {"models-job.data": "none"},
    "models-promote.value": {"models-promote.value": "small-2026"},
}
ON_THE_PAGE = {
    "firm-id.data": LOTUS,
    "firm-shown.data": LOTUS,
    "firm-scored.data": LOTUS,
    "model-id.data": "small-2026",
}


def test_every_callback_is_walked_or_named_among_those_that_only_look(tmp_path: Path):
    walked = {each.trigger for each in steps(b"")}
    for declared in callbacks_of_the_board():
        ways = {".".join(way) for way in listed(declared, Input)}
        assert bool(ways & walked) != bool(ways & LOOKS.keys()), (name_of(declared), ways)
        # Each button of a callback that changes something is pressed.
        clicks = {way for way in ways if way.endswith(".n_clicks")}
        assert not ways & walked or clicks <= walked, (name_of(declared), clicks - walked)


def test_looking_leaves_no_entry_and_neither_does_a_look_that_is_refused(board: Board):
    people_here = (city.OFFICER, city.ANALYST, city.ENTERPRISE)
    for who in people_here:
        board.visitor(who)
    for trigger, filled in LOOKS.items():
        pressed = {trigger: 1} if trigger.endswith(("clicks", "intervals")) else {}
        found = [one for one in callbacks_of_the_board() if trigger in {".".join(way) for way in listed(one, Input)}]
        assert found, trigger
        for declared in found:
            values = {**ON_THE_PAGE, **pressed, **filled}
            codes = {board.fire(who, declared, values, trigger).status_code for who in people_here}
            # 404: what a plot is drawn from has not been worked out yet.
            assert codes & {200, 404}, (trigger, codes)
            assert codes <= {200, 403, 404}, (trigger, codes)
            assert board.left() == [], trigger


# --- addresses -------------------------------------------------------------------------------------

#: What goes out at each address of a download, and under which name it stands in the trail; empty: an empty form.
DOWNLOADS = {
    "/download/target-firms.csv?plan=own-2025-2027&target=hnte&day=2026-05-01": "target_firms",
    "/download/firms.csv": "firms",
    f"/firm/{LOTUS}/report.pdf": "report",
    "/download/mended/JOB": "marked_workbook",
    "/download/template.xlsx": "",
    "/download/cells.csv": "findings",
    "/download/sources.csv": "contradictions",
    "/download/model/small-2026/reliability.csv": "model_data",
    "/download/model/small-2026/card.zh.md": "model_card",
    "/download/trail.csv": "trail",
    "/pools/paper/1/decision.docx": "pool_paper",
    "/pools/papers/1.zip": "pool_paper",
    "/pools/report.xlsx": "pool_report",
    "/download/special-report.docx": "special_report",
    f"/download/visit-sheet.docx?firms={LOTUS}": "visit_sheet",
    "/download/cases.csv": "cases",
    "/download/visits-of-week.ics": "week",
    "/download/visits.xlsx": "visits",
    "/download/activities.csv?kind=contest": "activities",
    "/download/returns-progress.xlsx": "returns_progress",
    "/download/attachment/1": "attachment",
    "/download/message-file/2": "message_file",
    "/download/objection-file/3": "objection_file",
    "/download/support-file/4": "support_file",
    "/download/support-paid.xlsx": "support_paid",
    "/download/monitoring.xlsx?as_of=2026-05-01": "monitoring",
    "/download/own-return/1": "own_return",
    f"/download/own-return/form/{KAPOK}/2024.xlsx": "own_form",
    f"/download/firm.pdf?firms={LOTUS}": "report",
    "/download/ladder/calendar.csv?as_of=2026-05-01": "ladder",
    "/download/ladder/letters-renewal.docx?as_of=2026-05-01": "ladder_letters",
}


def test_each_download_leaves_the_entry_of_who_took_what_and_a_refused_one_leaves_none(board: Board):
    officer, routes = board.visitor(city.OFFICER), board.app.server.extensions["goldseed-routes"]
    with Session(board.engine) as session, session.begin():
        attachments.attach(session, people.console("test"), 1, checked("纪要.pdf", pdf()), now=city.NOW)
        write_message(session, people.console("test"), KAPOK, "见附件", [checked("表.pdf", pdf())], now=city.NOW)
    proof = [checked("审计报告.pdf", pdf())]
    about, day = Subject(FIGURE, "staff", 2025), city.NOW.date()
    object_to(board.engine, people.console("test"), KAPOK, about, "更正", "80", proof, today=day, now=city.NOW)
    form = typed_form(KAPOK, 2024, {"staff": "80"})
    number = handing_in.keep_draft(board.engine, people.console("test"), form, today=day, now=city.NOW)
    with Session(board.engine) as session, session.begin():
        handing_in.send(session, people.console("test"), number, now=city.NOW)
        claims.claim(
            session,
            people.console("test"),
            KAPOK,
            "demo_pacesetter",
            "通知",
            asked_fen=100,
            files=proof,
            today=day,
            now=city.NOW,
        )
    board.left()
    wrong = upload("wrong.csv", "统一社会信用代码,年度,企业名称\n123,2023,甲\n".encode())
    answer = board.fire(city.OFFICER, fired_by(wrong.trigger), wrong.filled(board), wrong.trigger)
    job = answer.json["response"]["imports-job"]["data"]
    job = job.get("look") or job["id"]
    assert [action for _person, action, _subject in board.left()] == ["import_refused"]
    paths = {path.replace("JOB", job): what for path, what in DOWNLOADS.items()}
    assert {routes.match(path.partition("?")[0])[0].path for path in paths} == {one.path for one in routes.downloads}
    analyst = board.visitor(city.ANALYST)
    for path, what in paths.items():
        who, person = (city.ANALYST, analyst) if "/model/" in path else (city.OFFICER, officer)
        wanted = [(who, "export", f"export:{what}")] if what else []
        assert person.get(path).status_code == 200, path
        assert board.left() == wanted, path
        in_part = person.get(path, Range="bytes=0-")
        assert in_part.status_code in (200, 206), path
        assert board.left() == wanted, path
        assert person.client.head(path).status_code == 200, path
        assert board.left() == [], path
    stranger = Visitor(board.app, board.app.server.test_client())
    board.visitor(city.ENTERPRISE)
    for path in [*paths, f"/firm/{KAPOK}/report.pdf", f"/download/firm.pdf?firms={LOTUS},{KAPOK}"]:
        assert stranger.get(path).status_code in (302, 303, 401, 403), path
        if path == "/download/support-paid.xlsx":  # what was paid to the firm itself
            assert board.visitor(city.ENTERPRISE).get(path).status_code == 200
            assert board.left() == [(city.ENTERPRISE, "export", "export:support_paid")]
        elif LOTUS not in path or KAPOK in path:  # the report about the firm itself is the firm's
            assert board.visitor(city.ENTERPRISE).get(path).status_code in (403, 404), path
    for path in ("/download/mended/none", "/download/model/none/reliability.csv", "/download/model/small-2026/x.csv"):
        assert {one.get(path).status_code for one in (officer, analyst)} <= {403, 404}, path
    assert board.left() == []


def test_coming_and_going_leave_entries_and_the_other_addresses_leave_none(board: Board):
    came = Visitor(board.app, board.app.server.test_client())
    assert came.sign_in(city.ANALYST, "wrong").status_code == 401
    assert board.left() == []
    assert came.sign_in(city.ANALYST).status_code == 303
    assert board.left() == [(city.ANALYST, "sign_in", f"account:{city.ANALYST}")]
    came.get("/")
    for path in ("/language/en", "/theme/dark"):
        assert came.post(path).status_code in (302, 303), path
    for path in ("/alive", "/sign-in", "/_dash-layout", "/_dash-dependencies"):
        assert came.get(path).status_code == 200, path
    assert board.left() == []
    assert came.post("/sign-out").status_code == 303
    assert board.left() == [(city.ANALYST, "sign_out", f"account:{city.ANALYST}")]
    stranger = Visitor(board.app, board.app.server.test_client())
    codes = [stranger.sign_in(city.DISTRICT_OFFICER, "wrong").status_code for _ in range(25)]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert board.left() == [("goldseed", "sign_in_refused", f"account:{city.DISTRICT_OFFICER}")]


#: Addresses that are no page and no download.
_OTHERS = {
    "/sign-in",
    "/sign-in/code",
    "/sign-in/city/<kind>",
    "/sign-in/city/<kind>/back",
    "/sign-in/proxy",
    "/invitation/<token>/with/<kind>",
    "/sign-out",
    "/language/<chosen>",
    "/theme/<chosen>",
    "/alive",
    "/calendar/<token>.ics",
    "/invitation/<token>",
}


def test_every_address_of_the_board_is_a_page_a_download_or_named_here(board: Board):
    routes = board.app.server.extensions["goldseed-routes"]
    known = {one.path for one in routes.downloads} | _OTHERS | {"/", "/<path:path>"}
    ours = {str(rule) for rule in board.app.server.url_map.iter_rules()}
    of_dash = {path for path in ours if path.startswith(("/_", "/assets/"))}
    assert ours - of_dash == known
    officer = board.visitor(city.OFFICER)
    for page in routes.pages:
        path = page.path.replace("<firm_id>", LOTUS).replace("<model_id>", "small-2026")
        assert officer.show(path).status_code in (200, 403), path
        assert officer.get(path).status_code in (200, 403), path
    assert board.left() == []
