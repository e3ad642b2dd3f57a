"""Files of the page of the ladder: its lists as CSV, its letters as DOCX, of the answers that the page shows.

/download/ladder/near.csv?as_of=2026-05-01&rung=hnte
/download/ladder/letters-renewal.docx?as_of=2026-05-01&month=2026-11
"""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

from flask import Response, abort
from flask import request as http_request

from dashboard.kept_answers.asking import look
from dashboard.queries.questions import CANDIDATES, LADDER, Question
from dashboard.reports.ladder.letters import Letter, letters_docx, one_away_letters, renewal_letters
from dashboard.reports.pool_papers import Office
from dashboard.web import request
from dashboard.web.routes import Download
from dashboard.web.sent import day_of
from pipeline import demo_data, language
from pipeline.accounts.people import Action
from pipeline.errors import NotAllowed
from pipeline.intake.storing.findings import csv_of
from pipeline.ladder import in_words
from pipeline.ladder.ladder import Ladder
from pipeline.ladder.rungs import rungs
from pipeline.language import Message, joined, pick
from pipeline.language import gettext as _
from scoring.ladder import in_words as first_time
from scoring.ladder.candidates import Candidates

#: A letter a page; of more, one month or one rung at a time.
MOST_LETTERS = 500
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
Found = TypeVar("Found")
#: Headings and rows.
Table = tuple[list[str], list[list[Any]]]


def list_file(what: str) -> Response:
    """One of the lists as CSV."""
    if what == "candidates":
        heads, rows = _candidates(_answer(CANDIDATES))
    elif what in _LISTS:
        heads, rows = _LISTS[what](_answer(LADDER))
    else:
        abort(404)
    return _sent(csv_of(heads, rows), "text/csv", f"ladder-{what}", "csv")


def letters_file(kind: str) -> Response:
    """The letters of a month or of a rung as one DOCX."""
    makers: dict[str, Callable[[Ladder], list[Letter]]] = {
        "renewal": lambda found: renewal_letters(found, http_request.args.get("month")),
        "one_away": lambda found: one_away_letters(found, _rung()),
    }
    if kind not in makers:
        abort(404)
    found = _answer(LADDER)
    letters = makers[kind](found)[:MOST_LETTERS]
    if not letters:
        abort(404)
    settings = request.app().settings
    office = Office(settings.bureau, settings.templates)
    with request.database() as session:
        made_up = demo_data.holds_demo_firms(session)
    content = letters_docx(letters, found.day, request.today(), office, language.language(), made_up)
    return _sent(content, _DOCX, f"ladder-letters-{kind}", "docx")


def _answer(question: Question[Found]) -> Found:
    """The answer that the page shows; 404 where there is none, 403 for whoever may not read it."""
    day = min(_day(), request.today())
    try:
        looked = look(question, {"on": day}, begin=False)
    except NotAllowed:
        abort(403)
    if looked.answer is None or isinstance(looked.answer.found, Message):
        abort(404)
    return looked.answer.found


def _day() -> date:
    return day_of(http_request.args.get("as_of")) or request.today()


def _rung() -> str | None:
    name = http_request.args.get("rung")
    if name is not None and name not in rungs():
        abort(400)
    return name


def _sent(content: bytes, kind: str, name: str, form: str) -> Response:
    file = f"goldseed-{name}.{form}"
    return Response(content, mimetype=kind, headers={"Content-Disposition": f"attachment; filename={file}"})


# --- the lists -------------------------------------------------------------------------------------


def _firm_heads() -> list[str]:
    return [_("Credit code"), _("Firm"), _("District")]


def _near(found: Ladder) -> Table:
    """One condition away, and met but not on the rung: of one rung, or of all."""
    rung = _rung()
    heads = [_("Rung"), *_firm_heads(), _("The condition that is missing")]
    return heads, [
        [
            in_words.rung_name(each.rung),
            each.firm_id,
            each.name,
            in_words.district_name(each.district),
            _("none: all are met") if each.condition is None else pick(each.condition),
        ]
        for each in found.near
        if rung in (None, each.rung)
    ]


def _calendar(found: Ladder) -> Table:
    heads = [*_firm_heads(), _("Ends on"), _("Renewal by today's figures"), _("Not met or not known")]
    return heads, [
        [
            each.firm_id,
            each.name,
            in_words.district_name(each.district),
            each.expires_on,
            _(in_words.VERDICTS[each.verdict]),
            joined(pick(gap) for gap in each.gaps),
        ]
        for each in found.due
    ]


def _incubators(found: Ladder) -> Table:
    heads = [_("Incubator"), _("There now"), _("Left it"), _("Ever"), _("Technology SME since"), _("HNTE since")]
    return heads, [
        [each.name, each.now, each.graduated, each.ever, each.tech_sme, each.hnte] for each in found.incubators
    ]


def _candidates(found: Candidates) -> Table:
    heads = [
        _("Rank"),
        *_firm_heads(),
        _("Ranked by"),
        _("Points"),
        _("Conditions of recognition"),
        _("Open conditions"),
        _("Innovation score"),
    ]
    by = _("model") if found.model is not None else _("rule")
    return heads, [
        [
            place,
            each.firm_id,
            each.name,
            in_words.district_name(each.district),
            by,
            None if each.points is None else round(each.points, 1),
            first_time.standing(each),
            each.missing,
            each.innovation_score,
        ]
        for place, each in enumerate(found.firms, start=1)
    ]


_LISTS: dict[str, Callable[[Ladder], Table]] = {"near": _near, "calendar": _calendar, "incubators": _incubators}
PAGES = ()
DOWNLOADS = (
    Download("/download/ladder/<what>.csv", list_file, Action.SEE_PLAN, exports="ladder"),
    Download("/download/ladder/letters-<kind>.docx", letters_file, Action.SEE_PLAN, exports="ladder_letters"),
)
