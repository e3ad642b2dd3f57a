"""The list of firms: the rows that the grid, its blocks and the CSV show, in the reader's language.

Read from the stored list (scoring/firm_list) for one person, with that person's limits in the query; nothing is worked
out here, and only the rows that are shown are read.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, Text, bindparam, case, cast, func, literal, null, select
from sqlalchemy.orm import Session

from dashboard.components import terms
from dashboard.queries import counts
from dashboard.queries.lists import case_columns, list_conditions
from dashboard.queries.lists.grid_filters import Columns, Filter, GridQuery, scaled
from dashboard.queries.lists.list_conditions import Labels, Number, Words
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
from pipeline.store.engines.search_index import row_holds
from pipeline.store.tables import FirmListRow
from pipeline.tutoring.stages import STAGES
from pipeline.wording import number_format

#: A row as the grid reads it: field -> what its cell shows, None where unknown.
Row: TypeAlias = dict[str, Any]
#: The questions of each board by which the list is filtered: all met, the financial standard alone, nearly.
BOARD_FILTERS = tuple(
    f"{board} {name}" for board in BOARDS for name in ("meets_all", "standard_only", "within_20_percent")
)
#: Columns of categories, filtered by ticking words.
CATEGORIES = ("district", "pool", "stage", "mentor", "best_board", "best_state", "data")
#: Columns of one mark, left out where no row has it.
MARKS = ("hnte",)
_THIN, _IN_DOUBT = N_("thin data"), N_("figures in doubt")
_EXPIRED = N_("expired")
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
            "share_reform_on",
            "last_visit_on",
            "next_due_on",
            "broker",
            case_columns.LABELS,
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
            "points_change",
            *case_columns.GAPS,
        }
    ),
    scaled={"gap_share": 0.01, **dict.fromkeys(case_columns.GAPS, 0.01)},
)
_MONEY = ("revenue_cny", "net_profit_cny", "rd_spend_cny")
_THIN_KEY, _DOUBT_KEY, _EXPIRED_KEY = "thin", "doubt", "expired"
_LISTED: Any = FirmListRow.__table__.c


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
    return sum(firms for _scored, firms in counts.counted(session, person, Action.SEE_FIRMS, "scored"))


def block(
    session: Session, person: people.Person, today: date, query: GridQuery, start: int, end: int
) -> tuple[list[Row], int]:
    """rows() from the `start`-th before the `end`-th, and how many the query leaves this person altogether."""
    if start == 0 and len(found := rows(session, person, today, query, 0, end)) < end:
        return found, len(found)
    count = count_fitting(session, person, today, query)
    return (found if start == 0 else rows(session, person, today, query, start, end, count)), count


def rows(
    session: Session,
    person: people.Person,
    today: date,
    query: GridQuery | None = None,
    start: int = 0,
    end: int | None = None,
    count: int | None = None,
    more: Collection[str] = case_columns.NAMES,
) -> list[Row]:
    """The city's firms that this person may see and that fit the query, from the `start`-th before the `end`-th; unless
    the query sorts, the highest points first. `count`: how many fit, where that is known: rows of the second half are
    then read from the end. `more`: the columns of case_columns.py to read as well, those the person may have.

    Fields: those of columns(), of which points and ranks are None where the person sees no scores; address; money in
    yuan, days and labels as texts in the reader's language, "" or None where unknown. rank: the place among all firms
    of the run, district_rank: among those of its district; equal points share a place. `boards` says what holds of
    each board ("bse meets_all;…"), gap_share how far the best board's nearest standard is.
    """
    wanted = query or GridQuery()
    shown = {**_shown(person, today), **_beside(session, person, today, {*more, *_asked(wanted)})}
    order = _order(session, person, wanted, shown)
    labels = {name: column.named for name, column in shown.items() if isinstance(column, Labels)}
    fields = select(*(column.of.label(name) for name, column in shown.items()))
    if end is None:
        statement = _fitting(session, fields, person, wanted, shown).offset(start)
    else:  # the keys of the rows first: what is skipped is not read whole
        keys = _fitting(session, select(FirmListRow.firm_id), person, wanted, shown)
        if count is not None and start > count // 2:
            end = min(end, count)
            backwards = _order(session, person, wanted, shown, backwards=True)
            keys = keys.order_by(*backwards).offset(count - end).limit(max(end - start, 0))
        else:
            keys = keys.order_by(*order).offset(start).limit(end - start)
        statement = fields.where(FirmListRow.firm_id.in_(session.scalars(keys).all()))
    found = session.execute(statement.order_by(*order))
    return [_row(dict(zip(shown, values, strict=True)), labels) for values in found]


def _row(values: Row, labels: Mapping[str, Mapping[str, str]]) -> Row:
    for name, named in labels.items():
        values[name] = named.get(values[name], values[name])
    values["address"] = f"/firm/{values['firm_id']}"
    return values


def may_be_in_doubt(session: Session, firm_id: str) -> bool:
    """False where the list says that no figure of this firm is in doubt; firms of other cohorts are in no list."""
    return session.scalar(_DOUBT_OF_FIRM, {"firm": firm_id}) is not False


_DOUBT_OF_FIRM = select(FirmListRow.in_doubt).where(FirmListRow.firm_id == bindparam("firm"))


def count_fitting(session: Session, person: people.Person, today: date, query: GridQuery) -> int:
    """How many rows the query leaves this person."""
    if not query.filters and not query.search.strip():
        return count(session, person)
    statement = select(func.count()).select_from(FirmListRow)
    shown = {**_shown(person, today), **_beside(session, person, today, _asked(query))}
    return session.scalar(_fitting(session, statement, person, query, shown)) or 0


def _asked(query: GridQuery) -> set[str]:
    """The columns that the query filters or sorts by."""
    return {*query.filters, *(name for name, _upwards in query.sort)}


def _beside(
    session: Session, person: people.Person, today: date, wanted: Collection[str]
) -> dict[str, list_conditions.Column]:
    """Those of the columns beside the list that are wanted and that this person may have."""
    if not any(name in wanted for name in case_columns.names_for(person)):
        return {}
    found = case_columns.columns_for(session, person, today)
    return {name: column for name, column in found.items() if name in wanted}


def _fitting(
    session: Session,
    statement: Select[Any],
    person: people.Person,
    query: GridQuery,
    shown: Mapping[str, list_conditions.Column],
) -> Select[Any]:
    holds = partial(row_holds, dialect=session.get_bind().dialect.name)
    conditions = list_conditions.conditions(query, shown, holds)
    return statement.where(people.visible_rows(person), conditions)


def _order(
    session: Session,
    person: people.Person,
    query: GridQuery,
    shown: Mapping[str, list_conditions.Column],
    backwards: bool = False,
) -> list[ColumnElement[Any]]:
    """As the query sorts, then the highest points first; `backwards`: the very opposite."""
    asked = list_conditions.order(
        query.sort, shown, case_columns.CODE_POINTS.get(session.get_bind().dialect.name), backwards
    )
    # Who may not see points does not learn them from the order of the rows.
    ranked = people.may(person, Action.SEE_SCORES)
    ties = [list_conditions.by_number(_LISTED.points, upwards=False, backwards=backwards)] if ranked else []
    return [*asked, *ties, _LISTED.firm_id.desc() if backwards else _LISTED.firm_id.asc()]


def _shown(person: people.Person, today: date) -> dict[str, list_conditions.Column]:
    """Every column of the list as this person may see it."""
    scores = people.may(person, Action.SEE_SCORES)
    pools, cases = people.may(person, Action.SEE_POOLS), people.may(person, Action.SEE_CASES)
    in_unit, of = columns().scaled, _LISTED

    def number(name: str, seen: bool = True) -> Number:
        return Number(of[name] if seen else null(), in_unit.get(name, 1.0))

    def text(of: ColumnElement[Any], seen: bool = True) -> ColumnElement[str]:
        return func.coalesce(of, "") if seen else literal("")

    def labels(name: str, of: ColumnElement[str]) -> Labels:
        keys, name_of = _categories()[name]
        return Labels(of, {key: name_of(key) for key in keys})

    thin = [(of.thin_data, _THIN_KEY)] if scores else []
    ended = case((of.hnte_expires_on < today, _EXPIRED_KEY), else_="")
    shown: dict[str, list_conditions.Column] = {
        "firm_id": Words(of.firm_id),
        "name": Words(func.coalesce(of.name, of.firm_id)),
        **{name: number(name, scores) for name in ("rank", "district_rank", "points")},
        "district": labels("district", text(of.district_code)),
        "pool": labels("pool", text(of.pool, pools)),
        "stage": labels("stage", text(of.stage, cases)),
        "mentor": Labels(text(of.mentor, cases), {}),
        "best_board": labels("best_board", text(of.best_board)),
        "best_state": labels("best_state", text(of.best_state)),
        "data": labels("data", case((of.in_doubt, _DOUBT_KEY), *thin, else_="")),
        "hnte": Labels(ended, {_EXPIRED_KEY: _(_EXPIRED)}),
        "industry_code": Words(text(of.industry_code)),
        "hnte_expires_on": Words(text(cast(of.hnte_expires_on, Text))),
        "boards": Words(text(of.boards)),
    }
    figures = (*_MONEY, "gap_share", "staff", "invention_patents", "year")
    return {**shown, **{name: number(name) for name in figures}}


def words_of(column: str, keys: Collection[str]) -> list[str]:
    """The words of a category's keys in the reader's language, unknown keys left out. A mentor is his own word."""
    if column == "mentor":
        return [key for key in keys if key]
    known, name_of = _categories()[column]
    return [name_of(key) for key in keys if key in known]


def category_words(session: Session | None, person: people.Person, today: date) -> dict[str, list[str]]:
    """The words of each category and of each mark that a row of this person's list has, in the order of the keys;
    without a session every word, and no mentors."""
    words: dict[str, list[str]] = {}
    shown = _shown(person, today)
    for column in (*CATEGORIES, *MARKS):
        keys = shown[column]
        assert isinstance(keys, Labels)
        present = None
        if session is not None:
            statement = _fitting(
                session, select(keys.of).select_from(FirmListRow).distinct(), person, GridQuery(), shown
            )
            present = {*session.scalars(statement)} - {""}
        if column == "mentor":
            words[column] = sorted(present or ())
        else:
            words[column] = [label for key, label in keys.labels.items() if present is None or key in present]
    return words


def _categories() -> dict[str, tuple[Collection[str], Callable[[str], str]]]:
    """Column -> its keys in order and how one is called."""
    return {
        "pool": (terms.POOLS, terms.pool),
        "stage": (STAGES, terms.stage_short),
        "district": (DISTRICTS, terms.district),
        "best_board": ((*BOARDS, *(f"none:{rung}" for rung in RUNGS)), best_name),
        "best_state": (tuple(board_tables.MEETS_NAMES), lambda key: _(board_tables.MEETS_NAMES[key])),
        "data": ((_THIN_KEY, _DOUBT_KEY), {_THIN_KEY: _(_THIN), _DOUBT_KEY: _(_IN_DOUBT)}.__getitem__),
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


def best_name(best: str) -> str:
    """ChiNext; "no board yet · quotation on NEEQ" for none:neeq."""
    if best in BOARDS:
        return language.pick(book_of(best))
    return _("no board yet · %(rung)s", rung=_(board_tables.RUNG_NAMES[best.removeprefix("none:")]))
