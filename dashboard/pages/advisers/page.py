"""The register of advisers: filings, firms served, evaluations, differences and the negative list, side by side.

`/advisers?kind=auditor` and `?listed=1` narrow it; `?adviser=12` shows everything about one (adviser.py). Below it the
cases that a listed adviser flags, who prepares returns without being registered, and the spot checks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, link, page_head, pill, table
from dashboard.pages.advisers.adviser import adviser_body, mean_text, rate_text
from dashboard.pages.advisers.drawn import checks_card
from dashboard.pages.advisers.forms import register_form
from dashboard.pages.advisers.rates import rates_of
from dashboard.web import request
from dashboard.web.routes import Page, View
from pipeline.accounts.people import Action
from pipeline.advisers.adviser_lists import AdviserLine, adviser_seen, advisers
from pipeline.advisers.differences import unregistered
from pipeline.advisers.spot_checks import spot_checks
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.store.many_ids import one_of
from pipeline.store.tables import Firm
from pipeline.tutoring.gates import REGISTER_KINDS, kind_name
from pipeline.tutoring.negative_list.listed import Listed, flagged

#: So many firms and names are listed in the cards below the register.
_LISTED = 50


def layout(view: View) -> Component:
    return html.Div(
        [html.Div(body(view), id="advisers-body"), dcc.Store(id="advisers-query", data=dict(view.query))],
    )


def body(view: View, said: str = "") -> list[Component]:
    """Everything on the page, drawn anew after something was `said` to have been done."""
    number = view.query.get("adviser", "")
    with request.database() as session:
        rates = rates_of(session, view)
        if number.isdecimal() and len(number) < 10:
            seen = adviser_seen(session, view.person, int(number), view.today, rates)
            others = advisers(session, view.person, view.today, kind=seen.line.kind, rates=rates)
            return [dmc.Stack(adviser_body(view, seen, others, said))]
        lines = advisers(session, view.person, view.today, rates=rates)
        flags = flagged(session, view.person, view.today)
        names = _names(session, list(flags))
        unknown = unregistered(session, view.person, view.today)
        checks = spot_checks(session, view.person, view.today)
    chosen = _conditions(view.query)
    shown = [line for line in lines if _fits(line, chosen)]
    return [
        page_head(_("Advisers"), _("%(count)s in the register", count=amounts.count(len(lines)))),
        dmc.Stack(
            [
                html.Div(said, id="advisers-said", role="status", **aria(live="polite")),
                *([card(None, register_form(unknown))] if view.may(Action.KEEP_ADVISERS) else []),
                _chips(lines, chosen),
                _register(shown),
                _flagged(flags, names),
                *([_unknown(unknown)] if unknown else []),
                checks_card(view, checks),
            ]
        ),
    ]


def _names(session: Session, firms: Sequence[str]) -> dict[str, str | None]:
    """Of firms that the reader was told of already."""
    return dict(session.execute(select(Firm.id, Firm.name).where(one_of(Firm.id, firms))).all())


def _conditions(query: Mapping[str, str]) -> dict[str, str]:
    """The conditions in the address; what is no condition of ours narrows nothing."""
    wanted: Mapping[str, Any] = {"kind": REGISTER_KINDS, "listed": ("1",)}
    return {name: value for name, value in query.items() if value in wanted.get(name, ())}


def _fits(line: AdviserLine, chosen: Mapping[str, str]) -> bool:
    return chosen.get("kind", line.kind) == line.kind and not ("listed" in chosen and line.listed is None)


def _chips(lines: Sequence[AdviserLine], chosen: Mapping[str, str]) -> Component:
    kinds = [("", "", _("All"), len(lines))]
    kinds += [
        ("kind", kind, kind_name(kind), count)
        for kind in REGISTER_KINDS
        if (count := sum(line.kind == kind for line in lines))
    ]
    kinds.append(("listed", "1", _("Negative list"), sum(line.listed is not None for line in lines)))
    return html.Div(
        [
            dcc.Link(
                f"{words} {count}",
                href=f"/advisers?{name}={value}" if name else "/advisers",
                className="chip chosen" if (chosen.get(name) == value if name else not chosen) else "chip",
            )
            for name, value, words, count in kinds
        ],
        className="chips no-print",
    )


def _register(lines: Sequence[AdviserLine]) -> Component:
    if not lines:
        return card(None, empty(_("No adviser is like this.")))
    heads = [
        _("Adviser"),
        _("Kind"),
        _("Filing"),
        _("Firms now"),
        _("Filed"),
        _("Accepted"),
        _("Listed"),
        _("Rejected"),
        _("Left"),
        _("Evaluation (1–5)"),
        _("Differences per 100 returns"),
        _("All other returns"),
    ]
    rows = [_row(line) for line in lines]
    note = _(
        "Filed, accepted, listed, rejected, left: firms to which that happened while it advised them. In brackets: the "
        "interval. Each adviser's own page says how it is counted."
    )
    return card(None, [table(heads, rows, frozenset(range(3, 12))), html.P(note, className="card-note")])


def _row(line: AdviserLine) -> list[Any]:
    name: list[Any] = [link(line.name, f"/advisers?adviser={line.id}")]
    if line.listed is not None:
        name += [" ", pill(_("negative list until before %(day)s", day=amounts.day(line.listed.ends_on)), "bad")]
    expired = pill(_("expired"), "warn") if line.filings else _("none")
    filed = pill(_("in force"), "good") if line.filed else expired
    served, rates = line.served, line.differences
    return [
        name,
        html.Span(kind_name(line.kind), className="person"),
        filed,
        served.firms,
        *(served.reached.get(stage, 0) for stage in ("filed", "accepted", "listed")),
        served.rejected,
        served.out,
        html.Span(mean_text(line.evaluation), className="day"),
        html.Span(rate_text(rates.own) if rates else _("not known"), className="day"),
        html.Span(rate_text(rates.others) if rates else "", className="day"),
    ]


def _flagged(flags: Mapping[str, Sequence[Listed]], names: Mapping[str, str | None]) -> Component:
    rows: list[list[Any]] = [
        [
            link(names.get(firm) or firm, f"/firm/{firm}#tutoring"),
            link(each.name, f"/advisers?adviser={each.adviser_id}#negative-list"),
            html.Span(kind_name(each.kind), className="person"),
            each.reason,
            html.Span(amounts.day(each.ends_on), className="day"),
        ]
        for firm, listed in flags.items()
        for each in listed
    ]
    left = len(rows) - _LISTED
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left > 0 else []
    heads = [_("Firm"), _("Adviser"), _("Kind"), _("Reason"), _("Until before")]
    shown = table(heads, rows[:_LISTED]) if rows else empty(_("No open case has an adviser of the negative list."))
    return card(_("Cases with an adviser of the negative list"), [shown, *more], id="flagged")


def _unknown(names: Mapping[str, int]) -> Component:
    rows: list[list[Any]] = [[name, count] for name, count in list(names.items())[:_LISTED]]
    note = _("Register them as agencies, and their returns are compared with all others.")
    shown = table([_("Name"), _("Firms")], rows, frozenset({1}))
    return card(_("Named by returns, but not in the register"), shown, note)


PAGES = (Page("/advisers", layout, Action.SEE_FINDINGS, N_("Advisers"), "briefcase"),)
