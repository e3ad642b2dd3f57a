"""An answer about everybody on a page: what was found, a line that says of which moment it is, and a clock while a job
works it out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

import dash_mantine_components as dmc
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from flask import abort

from dashboard.components import amounts
from dashboard.components.cards import aria, card, empty
from dashboard.jobs.ticks import first_tick, next_tick
from dashboard.kept_answers.asking import Look, is_under_way, look, was_begun
from dashboard.queries.questions import Days, Question
from dashboard.web import request
from dashboard.web.callbacks import guarded_callback
from dashboard.web.routes import View
from dashboard.web.sent import day_of
from pipeline.language import Message
from pipeline.language import gettext as _

_POLL_MS = 700
#: Of a day as known on which something is asked: nothing is known of tomorrow yet.
_KNOWN_ON = ("on", "facts")
#: Beside the days in what the browser keeps: when the page began to wait.
_SINCE = "since"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Panel(Generic[Found]):
    """`id`: of what was found; those of its line, clock and button begin with it. `draw`: what was found as components;
    `refused`: why there is nothing, as components."""

    id: str
    question: Question[Found]
    draw: Callable[[Found, View], Any]
    refused: Callable[[Message], Any] = lambda why: card(None, empty(str(why)))

    def place(self, view: View, days: Days | None, instead: Any = None) -> Component:
        """The panel on a page, with the answer about these days; None: with `instead`, until a callback asks."""
        found, line, ticks, asked = (instead, None, 0, None) if days is None else self.contents(view, days, None)
        shown = dcc.Loading(html.Div(found, id=self.id), type="dot", color="#17957b", delay_show=300)
        clock = dcc.Interval(id=f"{self.id}-tick", interval=_POLL_MS, max_intervals=0 if ticks is no_update else ticks)
        store = dcc.Store(id=f"{self.id}-asked", data=asked)
        said = html.Div(line, id=f"{self.id}-line", role="status", **aria(live="polite"))
        return html.Div([said, shown, store, clock], style={"marginTop": "1rem"})

    def outputs(self, *, allow_duplicate: bool = False) -> tuple[Output, ...]:
        """What `contents` fills in."""
        places = {"": "children", "-line": "children", "-tick": "max_intervals", "-asked": "data"}
        return tuple(Output(f"{self.id}{part}", name, allow_duplicate=allow_duplicate) for part, name in places.items())

    def contents(self, view: View, days: Days, ticks: int | None) -> tuple[Any, Any, Any, Any]:
        """What was found, its line, the last tick of its clock, and what was asked when; where the answer is old or
        missing, a job is begun that works it out. `ticks`: how many the clock has made."""
        asked = {**{name: day.isoformat() for name, day in days.items()}, _SINCE: request.now().isoformat()}
        looked = look(self.question, days, begin=True)
        tick = first_tick(ticks) if looked.under_way else no_update
        return self._found(view, looked), self._line(looked), tick, asked

    def _found(self, view: View, looked: Look[Found]) -> Any:
        if looked.answer is None:
            return None
        found = looked.answer.found
        return self.refused(found) if isinstance(found, Message) else self.draw(found, view)

    def _line(self, looked: Look[Found]) -> Any:
        """Nothing where the answer is of now."""
        answer = looked.answer
        if answer is not None and answer.is_current:
            return None
        when = "" if answer is None else amounts.moment(request.local(answer.made_at))
        said = [html.P(looked.why_not, className="overdue")] if looked.why_not else []
        if looked.under_way and answer is None:
            said.append(html.P(_("This is being worked out of all firms. It will stand here once it is done.")))
        elif looked.under_way:
            text = _(
                "This is how it stood on %(moment)s. Something has changed since: it is being worked out anew.",
                moment=when,
            )
            said.append(html.P(text))
        elif answer is not None:
            text = _("This is how it stood on %(moment)s. Something has changed since.", moment=when)
            said.append(html.P(text))
        working = dmc.Progress(value=100, animated=True, **aria(label=_("Working …")))
        begin = dmc.Button(_("Work it out anew"), id=f"{self.id}-again", variant="default", size="xs")
        return card(None, [*said, working if looked.under_way else begin])

    def declare(self) -> "Panel[Found]":
        """Declare the callbacks of the panel's clock and of its button."""
        asked, clock = State(f"{self.id}-asked", "data"), f"{self.id}-tick"
        found, line, tick, _asked = self.outputs(allow_duplicate=True)

        @guarded_callback(
            found,
            line,
            tick,
            Input(clock, "n_intervals"),
            asked,
            may=self.question.may,
            prevent_initial_call=True,
        )
        def follow(ticks: int | None, about: dict[str, str] | None) -> tuple[Any, Any, Any]:
            """Begins the job that had to wait for others when it was asked for, and no second one: where something
            changes every minute a page that stays open would never leave the server alone. An answer that was old
            again when it was done is shown as that."""
            if about is None:
                return no_update, no_update, no_update
            days, since = self.asked_in(about)
            if is_under_way(self.question, days):
                return no_update, no_update, next_tick(ticks)
            waits = since is not None and not was_begun(self.question, days, since)
            looked = look(self.question, days, begin=waits)
            if looked.under_way:
                return no_update, no_update, next_tick(ticks)
            return self._found(_view(), looked), self._line(looked), no_update

        @guarded_callback(
            *self.outputs(allow_duplicate=True),
            Input(f"{self.id}-again", "n_clicks"),
            asked,
            State(clock, "n_intervals"),
            may=self.question.may,
            prevent_initial_call=True,
        )
        def again(_clicks: int | None, about: dict[str, str] | None, ticks: int | None) -> tuple[Any, ...]:
            if about is None:
                return (no_update,) * 4
            return self.contents(_view(), self.asked_in(about)[0], ticks)

        return self

    def asked_in(self, about: Mapping[str, str]) -> tuple[dict[str, date], datetime | None]:
        """The days that a page of ours has sent back, and since when it waits; 400 for anything else."""
        days = {name: day_of(about.get(name)) for name in self.question.days}
        found = {name: day for name, day in days.items() if day is not None}
        if found.keys() != days.keys() or not about.keys() <= {*days, _SINCE}:
            abort(400)
        known = {name: min(day, request.today()) if name in _KNOWN_ON else day for name, day in found.items()}
        return known, _moment_of(about.get(_SINCE))


def _moment_of(written: str | None) -> datetime | None:
    try:
        found = None if written is None else datetime.fromisoformat(written)
    except ValueError:
        abort(400)
    if found is not None and found.tzinfo is None:
        abort(400)
    return found


def _view() -> View:
    return View(request.person(), request.today(), request.dark())
