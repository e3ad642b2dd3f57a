"""The list of firms as one frame, in the reader's language: the grid, its blocks of rows and the CSV are cut from it.

Firms, scores, pools and stages are read for one person, with that person's limits in the query. The frame is cached
until anything changes, and the limits are part of its key, so that nobody is shown another person's firms.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dashboard.components import amounts, terms
from dashboard.queries import city_cache
from dashboard.queries.bounded_cache import BoundedCache
from dashboard.queries.grid_filters import Columns, Filter, scaled
from dashboard.queries.pools import members_on, open_cases
from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Action
from pipeline.districts import DISTRICTS
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.rules.definition.model import BOARDS
from pipeline.rules.definition.rule_books import book_of
from pipeline.rules.evaluation.nearest import RUNGS
from pipeline.rules.reports import board_tables
from pipeline.store.current import current_run, places_in
from pipeline.store.tables import CITY, Account, AuditEntry, Firm, Score
from pipeline.tutoring.stages import STAGES
from pipeline.wording import number_format

if TYPE_CHECKING:
    import pandas as pd

#: The questions of each board by which the list is filtered: all met, the financial standard alone, nearly.
BOARD_FILTERS = tuple(
    f"{board} {name}" for board in BOARDS for name in ("meets_all", "standard_only", "within_20_percent")
)
#: Columns of categories, filtered by ticking words.
CATEGORIES = ("district", "pool", "stage", "mentor", "best_board", "best_state", "data")
_THIN, _IN_DOUBT = N_("thin data"), N_("figures in doubt")
_EXPIRED = N_("expired")
_DATA_KEYS = {"thin": _THIN, "doubt": _IN_DOUBT}
_COLUMNS = Columns(
    texts=frozenset(
        {
            "name",
            "district",
            "pool",
            "stage",
            "mentor",
            "hnte",
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
        {
            "rank",
            "district_rank",
            "points",
            "gap_share",
            "revenue_cny",
            "net_profit_cny",
            "rd_spend_cny",
            "staff",
            "invention_patents",
            "year",
        }
    ),
    scaled={"gap_share": 0.01},
)
_MONEY = ("revenue_cny", "net_profit_cny", "rd_spend_cny")
#: Frames of the city and some of its districts, in two languages.
_frames: BoundedCache["pd.DataFrame"] = BoundedCache(6)
_boards: BoundedCache["pd.DataFrame"] = BoundedCache(1)


def columns() -> Columns:
    """What of the list can be filtered and sorted; amounts in the unit in which the reader's language counts them."""
    return replace(_COLUMNS, scaled={**_COLUMNS.scaled, **dict.fromkeys(_MONEY, number_format.money_unit().yuan)})


def in_readers_unit(filters: Mapping[str, Filter], unit: str) -> dict[str, Filter]:
    """Filters of an address whose amounts are in `unit` ("m": millions, otherwise 万元), in the unit of the reader: a
    link serves readers of both languages."""
    factor = (1e6 if unit == "m" else 1e4) / number_format.money_unit().yuan
    return {name: scaled(condition, factor) if name in _MONEY else condition for name, condition in filters.items()}


def count(session: Session, person: people.Person) -> int:
    """How many firms this person's list has."""
    visible = select(func.count()).select_from(Firm).where(people.visible_firms(person), Firm.cohort == CITY)
    return session.scalar(visible) or 0


def frame_of(session: Session, person: people.Person, today: date) -> "pd.DataFrame":
    """One row per city firm this person may see, the highest points first; a frame to read, never to change.

    Columns: those of columns() but for points and ranks where the person sees no scores (then unknown), and address;
    money in yuan, days and labels as texts in the reader's language, "" or NaN where unknown. rank: the place among all
    firms of the run, district_rank: among those of its district; equal points share a place. `boards` names the
    BOARD_FILTERS a firm passes, gap_share how far the best board's nearest standard is, `words` is all its texts in
    small letters, for a search.
    """
    run = current_run(session)
    changes = session.scalar(select(func.max(AuditEntry.id)))
    limits = (person.role, person.firm_id, person.district_code, language.language())
    key = (city_cache.version(session), today, run.id if run else None, changes, limits)
    run_id = run.id if run else -1
    return _frames.get(key, lambda: _as_texts(session, _rows(session, person, today, run_id), today))


def _rows(session: Session, person: people.Person, today: date, run_id: int) -> "pd.DataFrame":
    """firm_id, name, district_code, points, thin, pool, stage of every firm in reach, the highest points first."""
    import pandas as pd

    scores = select(Score.firm_id, Score.points, Score.thin_data).where(Score.run_id == run_id).subquery()
    places = places_in(run_id).subquery()
    pool, case = members_on(today).subquery(), open_cases().subquery()
    statement = (
        select(
            Firm.id,
            Firm.name,
            Firm.district_code,
            scores.c.points,
            places.c.rank,
            places.c.district_rank,
            scores.c.thin_data,
            pool.c.pool,
            case.c.stage,
            Account.name,
        )
        .outerjoin(scores, scores.c.firm_id == Firm.id)
        .outerjoin(places, places.c.firm_id == Firm.id)
        .outerjoin(pool, pool.c.firm_id == Firm.id)
        .outerjoin(case, case.c.firm_id == Firm.id)
        .outerjoin(Account, Account.id == case.c.mentor_id)
        .where(people.visible_firms(person), Firm.cohort == CITY)
        .order_by(scores.c.points.is_(None), scores.c.points.desc(), Firm.id)
    )
    names = ["firm_id", "name", "district_code", "points", "rank", "district_rank", "thin", "pool", "stage", "mentor"]
    rows = pd.DataFrame([tuple(row) for row in session.execute(statement)], columns=names)
    figures = ["points", "rank", "district_rank"]
    rows[figures] = rows[figures].astype("float64")
    if not people.may(person, Action.SEE_SCORES):
        rows[figures], rows["thin"] = float("nan"), None
    if not people.may(person, Action.SEE_POOLS):
        rows["pool"] = None
    if not people.may(person, Action.SEE_CASES):
        rows[["stage", "mentor"]] = None
    return rows


def _as_texts(session: Session, rows: "pd.DataFrame", today: date) -> "pd.DataFrame":
    import pandas as pd

    firm = rows["firm_id"]
    shown = pd.DataFrame(
        {
            "firm_id": firm,
            "name": rows["name"].fillna(firm),
            "address": "/firm/" + firm,
            "rank": rows["rank"],
            "district_rank": rows["district_rank"],
            "points": rows["points"],
            "district": _named(rows["district_code"], terms.district),
            "pool": _named(rows["pool"], terms.pool),
            "stage": _named(rows["stage"], terms.stage_short),
            "mentor": rows["mentor"].fillna(""),
        }
    )
    figures = city_cache.latest_figures(session, today)
    for name in (*city_cache.LIST_FACTS, "year"):
        values = figures[name].reindex(firm).set_axis(rows.index)
        shown[name] = _named(values, amounts.day) if values.dtype.kind == "M" else values
    doubted = firm.isin(city_cache.figures_in_doubt(session, today).keys())
    thin = rows["thin"].fillna(False).astype(bool)
    shown["data"] = pd.Series("", index=rows.index).mask(thin, _(_THIN)).mask(doubted, _(_IN_DOUBT))
    _add_boards(session, shown, today)
    ended = figures["hnte_expires_on"].reindex(firm).set_axis(rows.index) < pd.Timestamp(today)
    shown["hnte"] = pd.Series("", index=rows.index).mask(ended, _(_EXPIRED))
    texts = ["name", "firm_id", "district", "pool", "stage", "mentor", "best_board", "best_state", "data"]
    texts += ["industry_code", "hnte"]
    shown["words"] = shown[texts[0]].str.lower()
    for name in texts[1:]:
        shown["words"] += " " + shown[name].fillna("").astype(str).str.lower()
    return shown


def _add_boards(session: Session, shown: "pd.DataFrame", today: date) -> None:
    """best_board, best_state, gap_share and the board filters that each firm passes."""
    if shown.empty:
        shown[["best_board", "best_state", "boards"]] = ""
        shown["gap_share"] = float("nan")
        return
    best = _boards_of_city(session, today).reindex(shown["firm_id"]).set_axis(shown.index)
    shown["best_board"] = _named(best["best_board"], _best_name)
    shown["best_state"] = _named(best["best_state"], lambda name: _(board_tables.MEETS_NAMES[name]))
    shown["gap_share"] = best["gap_share"]
    for board in BOARDS:
        shown[f"{board}_gap_share"] = best.get(f"{board}_gap_share")
    shown["boards"] = best["boards"].fillna("")


def _boards_of_city(session: Session, today: date) -> "pd.DataFrame":
    """best_board (or none:rung), best_state, boards, and gap_share of the best board and of each, of every city firm,
    index firm_id: they change only with the imports."""
    import numpy as np

    def compute() -> "pd.DataFrame":
        verdicts = city_cache.city_verdicts(session, today)
        cohort = board_tables.cohort_table(verdicts)
        table = cohort[[name for name in cohort if name.endswith("_gap_share")]].copy()
        table["best_board"] = cohort["best_board"].fillna("none:" + cohort["next_rung"])
        table["best_state"] = cohort["best_state"]
        table["gap_share"] = np.nan
        for board in BOARDS:
            if board in cohort:
                own = (cohort["best_board"] == board).to_numpy()
                table["gap_share"] = table["gap_share"].where(~own, cohort[f"{board}_gap_share"])
        passed = board_tables.filters(verdicts)
        table["boards"] = ""
        for name in BOARD_FILTERS:
            if name in passed:
                table["boards"] += np.where(passed[name].to_numpy(), f"{name};", "").astype(object)
        return table

    return _boards.get((city_cache.version(session), today), compute)


def _named(values: "pd.Series", name_of: Callable[[Any], str]) -> "pd.Series":
    """The name of each key; few keys, many rows: each key is looked up once."""
    named = {key: name_of(key) for key in values.dropna().unique()}
    return values.map(named).astype(object).fillna("").astype("str")


def words_of(column: str, keys: Collection[str]) -> list[str]:
    """The words of a category's keys in the reader's language, unknown keys left out. A mentor is his own word."""
    if column == "mentor":
        return [key for key in keys if key]
    known, name_of = _categories()[column]
    if column == "data":
        keys = [_DATA_KEYS.get(key, key) for key in keys]
    return [name_of(key) for key in keys if key in known]


def category_words(frame: "pd.DataFrame | None") -> dict[str, list[str]]:
    """The words of each category that a frame has, in the order of the keys; None: every word, and no mentors."""
    words: dict[str, list[str]] = {}
    for column in CATEGORIES:
        present = None if frame is None else set(frame[column].unique()) - {""}
        if column == "mentor":
            words[column] = sorted(present or ())
            continue
        keys, name_of = _categories()[column]
        every = [name_of(key) for key in keys]
        words[column] = [word for word in every if present is None or word in present]
    return words


def _categories() -> dict[str, tuple[Collection[str], Callable[[str], str]]]:
    """Column -> its keys in order and how one is called."""
    return {
        "pool": (terms.POOLS, terms.pool),
        "stage": (STAGES, terms.stage_short),
        "district": (DISTRICTS, terms.district),
        "best_board": ((*BOARDS, *(f"none:{rung}" for rung in RUNGS)), _best_name),
        "best_state": (tuple(board_tables.MEETS_NAMES.values()), _),
        "data": ((_THIN, _IN_DOUBT), _),
    }


def labels() -> Mapping[str, list[dict[str, str]]]:
    """Column -> its words in every language, so that a link written in one is understood in the other."""
    columns = _categories()
    named: dict[str, list[dict[str, str]]] = {column: [{} for _key in keys] for column, (keys, _of) in columns.items()}
    for name in language.LANGUAGES:
        with language.speaking(name):
            for column, (keys, name_of) in columns.items():
                for label, key in zip(named[column], keys, strict=True):
                    label[name] = name_of(key)
    return named


def _best_name(best: str) -> str:
    """ChiNext; "no board yet · quotation on NEEQ" for none:neeq."""
    if best in BOARDS:
        return language.pick(book_of(best))
    return _("no board yet · %(rung)s", rung=_(board_tables.RUNG_NAMES[best.removeprefix("none:")]))
