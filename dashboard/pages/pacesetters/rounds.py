"""The choices of the years: who was nominated, until when it is public, what was objected, and what was decided."""

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty, link, pill, table
from dashboard.pages.pacesetters import forms
from dashboard.web import request
from dashboard.web.routes import View
from pipeline.accounts.people import Action
from pipeline.language import gettext as _
from pipeline.language import headed, joined, pick
from pipeline.pacesetters import choices, in_words
from pipeline.pacesetters.choices import NominationSeen, ObjectionSeen, RoundSeen
from pipeline.pacesetters.choosing import NAMED
from pipeline.wording import number_format

_TONES = {"named": "good", "revoked": "warn", "not_named": "plain", "nominated": "plain"}


def body(view: View, said: Any = "") -> list[Component]:
    """The latest choice with its steps, and the earlier ones, drawn anew after something was `said` to be done."""
    with request.database() as session:
        found = choices.rounds(session, view.person, view.today)
    keeps, nominates = view.may(Action.KEEP_PACESETTERS), view.may(Action.NOMINATE_PACESETTERS)
    latest = found[0] if found else None
    parts: list[Any] = [html.Div(said, id="pacesetters-said", role="status", **aria(live="polite"))]
    if latest is None:
        parts.append(empty(_("No choice of pacesetters has begun yet.")))
    else:
        parts += [_nominations(latest), *_steps(latest, view, keeps, nominates)]
    if keeps:
        parts.append(forms.begin_form(view.today))
    title = _("Choice of %(year)s", year=latest.year) if latest else _("Choice of pacesetters")
    note = in_words.round_line(latest) if latest else None
    caution = [html.P(str(latest.caution), className="card-note")] if latest and latest.caution else []
    shown = dcc.Store(id="pacesetters-round", data=latest.id if latest else None)
    earlier = [_earlier(one) for one in found[1:]]
    return [dmc.Stack([card(title, [*caution, dmc.Stack(parts, gap="xs"), shown], note), *earlier])]


def _steps(one: RoundSeen, view: View, keeps: bool, nominates: bool) -> list[Component]:
    """The fields of what can be done next."""
    steps = []
    if one.state == choices.BEGUN:
        steps += [forms.nominate_form(one.nominations)] if nominates else []
        steps += [forms.publish_form(view.today)] if keeps else []
    elif keeps:
        steps += [forms.objection_form(one.nominations, view.today), forms.decision_form(one.nominations, view.today)]
    return steps


def _nominations(one: RoundSeen) -> Component:
    if not one.nominations:
        return empty(_("Nobody is nominated yet."))
    heads = [
        _("Firm"),
        _("Stage of life"),
        _("Place in the choice"),
        _("Total of points"),
        _("Why"),
        _("Objections"),
        _("State"),
    ]
    return table(heads, [_nomination(each) for each in one.nominations], frozenset({2, 3}))


def _nomination(one: NominationSeen) -> list[Any]:
    decided = [amounts.day(one.revoked_on or one.decided_on)] if one.decided_on else []
    signed = [headed(_("Second person"), one.seconded_by)] if one.seconded_by else []
    why = one.revoked_why or one.decided_why
    about = joined([*decided, *([why] if why else []), *signed])
    return [
        link(one.firm_name or one.firm_id, f"/firm/{one.firm_id}"),
        html.Span(in_words.stage(one.stage), className="person"),
        one.place,
        number_format.decimal(one.total, 2),
        one.why,
        html.Div([html.Div(_objection(each)) for each in one.objections]),
        html.Div([pill(pick(in_words.STATES[one.state]), _TONES.get(one.state, "plain")), " ", about]),
    ]


def _objection(one: ObjectionSeen) -> str:
    answers = {None: _("not answered yet"), True: _("upheld"), False: _("not upheld")}
    late = [_("after the last day")] if one.late else []
    said = headed(f"{one.id} {one.from_whom}", one.content)
    return joined([said, *late, answers[one.upheld], *([one.answer] if one.answer else [])])


def _earlier(one: RoundSeen) -> Component:
    named = [each for each in one.nominations if each.state == NAMED]
    rows = [html.Li(link(each.firm_name or each.firm_id, f"/firm/{each.firm_id}")) for each in named]
    body = html.Ul(rows) if rows else empty(_("Nobody was named."))
    return card(_("Choice of %(year)s", year=one.year), body, in_words.round_line(one))
