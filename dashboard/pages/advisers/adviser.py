"""Everything about one adviser: filings, firms, evaluations, differences, the negative list, what was drawn of it."""

from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts, terms
from dashboard.components.cards import aria, card, empty, facts_list, link, page_head, pill, table
from dashboard.pages.advisers import forms
from dashboard.pages.advisers.drawn import result_pill
from dashboard.web.routes import View
from pipeline import language
from pipeline.accounts.people import Action
from pipeline.advisers.adviser_lists import AdviserLine, AdviserSeen
from pipeline.advisers.differences import FEWEST as FEWEST_RETURNS
from pipeline.advisers.differences import Compared, Rate
from pipeline.advisers.evaluations import FEWEST as FEWEST_EVALUATIONS
from pipeline.advisers.evaluations import Mean
from pipeline.advisers.kinds import AUTHORITIES, CRITERIA
from pipeline.language import gettext as _
from pipeline.tutoring.gates import kind_name
from pipeline.tutoring.negative_list.entries import NOTE_KINDS, EntrySeen

#: So many firms are listed.
_FIRMS = 100


def adviser_body(view: View, seen: AdviserSeen, others: Sequence[AdviserLine], said: str = "") -> list[Component]:
    """The page of one adviser, drawn anew after something was `said` to have been done."""
    line = seen.line
    note = language.joined([kind_name(line.kind), line.credit_code or _("no credit code known")])
    listed = [pill(str(line.listed.message), "bad")] if line.listed else []
    keeps = view.may(Action.KEEP_ADVISERS)
    return [
        page_head(line.name, [note, " ", *listed], link(_("All advisers"), "/advisers")),
        dcc.Store(id="advisers-shown", data=[line.id, line.version]),
        html.Div(said, id="advisers-said", role="status", **aria(live="polite")),
        card(_("Firms that it advises"), _served(seen), _("%(count)s firms now", count=line.served.firms)),
        card(_("Differences in the returns that it prepared"), _differences(line.differences)),
        card(_("Filings"), [_filings(seen), *([forms.filing_form(seen, view.today)] if keeps else [])]),
        card(_("Evaluations"), _evaluations(view, seen), mean_text(line.evaluation)),
        card(
            _("Negative list"),
            [*_entries(seen.entries), *([forms.negative_form(seen, view.today)] if keeps else [])],
            id="negative-list",
        ),
        card(_("Drawn for spot checks"), _drawn(seen)),
        card(_("Name and code"), [_changes(seen), *([forms.own_form(seen, others)] if keeps else [])]),
    ]


def mean_text(mean: Mean | None) -> str:
    """A mean with its count, or how many evaluations there are of those it takes."""
    if mean is None:
        return _("none")
    if mean.overall is None:
        return _("%(count)s of %(fewest)s that a mean takes", count=mean.count, fewest=FEWEST_EVALUATIONS)
    return _("%(mean)s (%(count)s evaluations)", mean=f"{mean.overall:.1f}", count=mean.count)


def rate_text(rate: Rate | None) -> str:
    """A rate with its interval, or that it is not known."""
    if rate is None or rate.per_100 is None or rate.low is None or rate.high is None:
        return _("not known")
    return f"{rate.per_100:.1f}\u2002({rate.low:.1f}–{rate.high:.1f})"


def _served(seen: AdviserSeen) -> list[Component]:
    served = seen.line.served
    stages = language.listed(f"{terms.stage(stage)} {count}" for stage, count in served.by_stage.items())
    pairs = [
        (_("In tutoring now"), stages or _("none")),
        (_("Filed with it, or further"), str(served.reached.get("filed", 0))),
        (_("Accepted with it, or further"), str(served.reached.get("accepted", 0))),
        (_("Listed with it"), str(served.reached.get("listed", 0))),
        (_("Rejected with it"), str(served.rejected)),
        (_("Left tutoring with it"), str(served.out)),
    ]
    rows: list[list[Any]] = [
        [
            link(each.firm_name or each.firm_id, f"/firm/{each.firm_id}#tutoring"),
            terms.stage(each.stage) if each.stage else "",
            html.Span(amounts.day(each.agreed_on), className="day"),
            html.Span(amounts.day(each.ended_on) if each.ended_on else "", className="day"),
        ]
        for each in seen.firms[:_FIRMS]
    ]
    left = len(seen.firms) - _FIRMS
    more = [html.P(_("… and %(count)s more", count=left), className="card-note")] if left > 0 else []
    listed = (
        table([_("Firm"), _("Stage"), _("Agreement of"), _("Agreement ended")], rows)
        if rows
        else empty(_("No firm yet."))
    )
    return [facts_list(pairs), listed, *more]


def _differences(compared: Compared | None) -> list[Component]:
    method = _(
        "A difference is a figure in which two sources contradict each other and that nobody has explained. Only years "
        "that two sources or more state are counted; who prepared them is what the return says, or else the auditor "
        "engaged at the end of the year. The interval is the exact one of a count, at 95 of 100, widened where firms "
        "differ more than by chance. Below %(fewest)s returns nothing is said.",
        fewest=FEWEST_RETURNS,
    )
    if compared is None:
        return [empty(_("No return that it prepared is known.")), html.P(method, className="card-note")]
    rows: list[list[Any]] = [
        [words, rate.returns, rate.differences, rate_text(rate)]
        for words, rate in ((_("Prepared by it"), compared.own), (_("All other returns"), compared.others))
    ]
    heads = [_("Returns"), _("How many"), _("Differences"), _("Per 100 returns, with the interval")]
    named = _("%(named)s of its returns say themselves who prepared them.", named=compared.own.named)
    return [table(heads, rows, frozenset({1, 2, 3})), html.P([named, " ", method], className="card-note")]


def _filings(seen: AdviserSeen) -> Component:
    if not seen.line.filings:
        return empty(_("No filing is on record."))
    rows: list[list[Any]] = [
        [
            language.pick(AUTHORITIES.get(each.authority, each.authority)),
            each.number,
            html.Span(amounts.day(each.filed_on), className="day"),
            html.Span(amounts.day(each.valid_until) if each.valid_until else _("no end"), className="day"),
            pill(_("in force"), "good") if each.in_force else pill(_("expired"), "warn"),
        ]
        for each in seen.line.filings
    ]
    return table([_("Filed with"), _("Number"), _("Filed on"), _("Valid until"), ""], rows)


def _evaluations(view: View, seen: AdviserSeen) -> list[Component]:
    rows: list[list[Any]] = [
        [
            link(each.firm_name or each.firm_id, f"/firm/{each.firm_id}#tutoring"),
            each.year,
            *(each.grades[name] for name in CRITERIA),
            each.note or "",
            html.Span(amounts.day(each.evaluated_on), className="day"),
            html.Span(each.by, className="person"),
        ]
        for each in seen.evaluations
    ]
    names = [language.pick(label) for label in CRITERIA.values()]
    heads = [_("Firm"), _("Year"), *names, _("Note"), _("Day"), _("By")]
    mean = seen.line.evaluation
    if mean is not None and mean.overall is not None:
        means = [f"{mean.by_criterion[name]:.1f}" for name in CRITERIA]
        rows.append([html.B(_("Mean")), "", *(html.B(each) for each in means), "", "", ""])
    shown = table(heads, rows, frozenset({1, 2, 3, 4})) if rows else empty(_("Nobody has evaluated it yet."))
    mine = [forms.evaluation_form(seen, view.person.name, view.today)] if view.may(Action.RECORD_VISITS) else []
    return [shown, *mine]


def _entries(entries: Sequence[EntrySeen]) -> list[Component]:
    if not entries:
        return [empty(_("It has never been on the negative list."))]
    parts: list[Component] = []
    for each in entries:
        days = _("%(begins)s until before %(ends)s", begins=amounts.day(each.begins_on), ends=amounts.day(each.ends_on))
        state = pill(_("in force"), "bad") if each.in_force else pill(_("not in force"))
        parts.append(html.P([html.B(each.reason), " ", days, " ", state]))
        parts.append(html.P(_("Evidence: %(evidence)s", evidence=each.evidence), className="card-note"))
        rows: list[list[Any]] = [
            [
                html.Span(amounts.day(note.on), className="day"),
                language.pick(NOTE_KINDS.get(note.kind, note.kind)),
                note.text,
                amounts.day(note.ends_on) if note.ends_on else "",
                html.Span(note.by, className="person"),
            ]
            for note in each.notes
        ]
        parts.append(table([_("Day"), _("What"), _("Text"), _("Until before"), _("By")], rows))
    return parts


def _drawn(seen: AdviserSeen) -> Component:
    if not seen.drawn:
        return empty(_("It has not been drawn yet."))
    rows: list[list[Any]] = [
        [
            link(each.firm_name or each.firm_id, f"/firm/{each.firm_id}#tutoring") if each.firm_id else "",
            result_pill(each.result),
            each.note or "",
            html.Span(amounts.day(each.checked_on) if each.checked_on else "", className="day"),
        ]
        for each in seen.drawn
    ]
    return table([_("Firm"), _("Result"), _("What was found"), _("Checked on")], rows)


def _changes(seen: AdviserSeen) -> Component:
    words = {"name": _("name"), "credit_code": _("credit code"), "merged_into": _("merged spelling")}
    rows: list[list[Any]] = [
        [
            html.Span(amounts.moment(each.at), className="day"),
            words.get(each.what, each.what),
            each.before or "",
            each.after or "",
            each.why,
            html.Span(each.by, className="person"),
        ]
        for each in seen.changes
    ]
    if not rows:
        return empty(_("Nothing of it has been changed."))
    return table([_("When"), _("What"), _("Before the change"), _("After the change"), _("Reason"), _("By")], rows)
