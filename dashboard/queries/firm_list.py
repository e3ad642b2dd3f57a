"""The list of firms as one frame, in the reader's words: what the grid, its blocks of rows and the CSV are cut from.

board_data.py (one person's), city_figures.py (everybody's) -> **firm_list.py** -> pages/firms.py
The firms and their scores, pools and stages are asked of the database for one person, with that person's limits in the
query; the frame is kept until anything changes, under the limits it was read with, so that nobody is shown another's.
"""

import threading
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.components import amounts, terms
from dashboard.components.boards import STATES as BOARD_STATES
from dashboard.queries import city_cache, firm_data
from dashboard.queries.grid_filters import Columns
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.definition.rule_books import book_of
from pipeline.rules.reports import board_tables
from pipeline.store.tables import CITY, AuditEntry, Firm, Score

if TYPE_CHECKING:
    import pandas as pd

#: What may be asked of each board beside its verdict.
BOARD_FILTERS = tuple(f"{board} {name}" for board in BOARDS for name in ("meets", "within_20_percent"))
_WAN = 1e4
COLUMNS = Columns(
    texts=frozenset(
        {
            "name",
            "district",
            "pool",
            "stage",
            "best_board",
            "best_state",
            "data",
            "industry_code",
            "hnte_expires_on",
            "firm_id",
            "boards",
            "words",
        }
    ),
    numbers=frozenset(
        {"rank", "points", "revenue_cny", "net_profit_cny", "rd_spend_cny", "staff", "invention_patents", "year"}
    ),
    scaled={"revenue_cny": _WAN, "net_profit_cny": _WAN, "rd_spend_cny": _WAN},
)
#: So many frames are kept: the city and its districts, in two languages.
_KEPT = 6
_frames: dict[Any, "pd.DataFrame"] = {}
_boards: dict[Any, "pd.DataFrame"] = {}
_reading = threading.Lock()


def count(session: Session, person: people.Person) -> int:
    """How many firms this person's list has."""
    visible = select(func.count()).select_from(Firm).where(people.visible_firms(person), Firm.cohort == CITY)
    return session.scalar(visible) or 0


def frame_of(session: Session, person: people.Person, today: date) -> "pd.DataFrame":
    """One row per city firm this person may see, the highest points first; a frame to read, never to change.

    Columns: those of COLUMNS but for points and rank where the person sees no scores (then unknown), and address;
    money in yuan, days and labels as texts in the reader's language, "" or NaN where unknown. `boards` names the
    BOARD_FILTERS a firm passes, `words` is all its texts in small letters, for a search.
    """
    run = firm_data.latest_run(session)
    changes = session.scalar(select(func.max(AuditEntry.id)))
    limits = (person.role, person.firm_id, person.district_code, language.language())
    key = (city_cache.state_of(session), today, run.id if run else None, changes, limits)
    with _reading:
        if key not in _frames:
            rows = _rows(session, person, today, run.id if run else -1)
            city_cache.keep(_frames, key, _in_words(session, rows, today), _KEPT)
        return _frames[key]


def _rows(session: Session, person: people.Person, today: date, run_id: int) -> "pd.DataFrame":
    """firm_id, name, district_code, points, thin, pool, stage of every firm in reach, the highest points first."""
    import pandas as pd

    scores = select(Score.firm_id, Score.points, Score.thin_data).where(Score.run_id == run_id).subquery()
    pool, case = firm_data.members_on(today).subquery(), firm_data.open_cases().subquery()
    statement = (
        select(Firm.id, Firm.name, Firm.district_code, scores.c.points, scores.c.thin_data, pool.c.pool, case.c.stage)
        .outerjoin(scores, scores.c.firm_id == Firm.id)
        .outerjoin(pool, pool.c.firm_id == Firm.id)
        .outerjoin(case, case.c.firm_id == Firm.id)
        .where(people.visible_firms(person), Firm.cohort == CITY)
        .order_by(scores.c.points.is_(None), scores.c.points.desc(), Firm.id)
    )
    names = ["firm_id", "name", "district_code", "points", "thin", "pool", "stage"]
    found = pd.DataFrame([tuple(row) for row in session.execute(statement)], columns=names)
    found["points"] = found["points"].astype("float64")
    if not people.may(person, Action.SEE_SCORES):
        found["points"], found["thin"] = float("nan"), None
    if not people.may(person, Action.SEE_POOLS):
        found["pool"] = None
    if not people.may(person, Action.SEE_CASES):
        found["stage"] = None
    return found


def _in_words(session: Session, rows: "pd.DataFrame", today: date) -> "pd.DataFrame":
    import pandas as pd

    firm = rows["firm_id"]
    shown = pd.DataFrame(
        {
            "firm_id": firm,
            "name": rows["name"].fillna(firm),
            "address": "/firm/" + firm,
            "rank": (rows.index + 1.0).where(rows["points"].notna()) if len(rows) else rows["points"],
            "points": rows["points"],
            "district": _named(rows["district_code"], terms.district),
            "pool": _named(rows["pool"], terms.pool),
            "stage": _named(rows["stage"], terms.stage),
        }
    )
    figures = city_cache.latest_figures(session, today)
    for name in (*city_cache.LIST_FACTS, "year"):
        values = figures[name].reindex(firm).set_axis(rows.index)
        shown[name] = _named(values, amounts.day) if values.dtype.kind == "M" else values
    doubted = firm.isin(city_cache.figures_in_doubt(session, today).keys())
    thin = rows["thin"].fillna(False).astype(bool)
    shown["data"] = pd.Series("", index=rows.index).mask(thin, _("thin data")).mask(doubted, _("figures in doubt"))
    _add_boards(session, shown, today)
    texts = ["name", "firm_id", "district", "pool", "stage", "best_board", "best_state", "data", "industry_code"]
    shown["words"] = shown[texts[0]].str.lower()
    for name in texts[1:]:
        shown["words"] += " " + shown[name].fillna("").astype(str).str.lower()
    return shown


def _add_boards(session: Session, shown: "pd.DataFrame", today: date) -> None:
    """best_board, best_state and the board filters that each firm passes."""
    if shown.empty:
        shown[["best_board", "best_state", "boards"]] = ""
        return
    told = _boards_of_city(session, today).reindex(shown["firm_id"]).set_axis(shown.index)
    shown["best_board"] = _named(
        told["best_board"], lambda name: language.pick(book_of(name)) if name in BOARDS else ""
    )
    shown["best_state"] = _named(told["best_state"], lambda name: _(BOARD_STATES.get(name, "")) if name else "")
    shown["boards"] = told["boards"].fillna("")


def _boards_of_city(session: Session, today: date) -> "pd.DataFrame":
    """best_board, best_state and boards of every city firm, index firm_id: they change with the imports alone."""
    key = (city_cache.state_of(session), today)
    if key not in _boards:
        verdicts = city_cache.city_verdicts(session, today)
        told = board_tables.cohort_table(verdicts)[["best_board", "best_state"]].copy()
        passed = board_tables.filters(verdicts)
        told["boards"] = ""
        for name in BOARD_FILTERS:
            if name in passed:
                told["boards"] += _where(passed[name].to_numpy(), f"{name};")
        city_cache.keep(_boards, key, told, 1)
    return _boards[key]


def _where(passed: Any, text: str) -> Any:
    """The text where a row passed, else nothing."""
    import numpy as np

    return np.where(passed, text, "").astype(object)


def _named(values: "pd.Series", name_of: Any) -> "pd.Series":
    """Few keys, many rows: each key is put into words once."""
    named = {key: name_of(key) for key in values.dropna().unique()}
    return values.map(named).astype(object).fillna("").astype("str")


def labels() -> Mapping[str, list[dict[str, str]]]:
    """Column -> its words in every language, so that a link written in one is understood in the other."""
    from pipeline.tutoring.stages import STAGES

    makers: dict[str, list[Any]] = {
        "pool": [lambda key=key: terms.pool(key) for key in terms.POOLS],
        "stage": [lambda key=key: terms.stage(key) for key in STAGES],
        "district": [lambda key=key: terms.district(key) for key in terms.districts()],
        "best_board": [lambda key=key: language.pick(book_of(key)) for key in BOARDS],
        "best_state": [lambda text=text: _(text) for text in BOARD_STATES.values()],
        "data": [lambda: _("thin data"), lambda: _("figures in doubt")],
    }
    told: dict[str, list[dict[str, str]]] = {column: [{} for _one in made] for column, made in makers.items()}
    for name in language.LANGUAGES:
        with language.speaking(name):
            for column, made in makers.items():
                for label, say in zip(told[column], made, strict=True):
                    label[name] = say()
    return told
