"""Cards, tiles, pills, icons, lists and tables, shared by all pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash.development.base_component import Component

from dashboard.checked_once import dcc, dmc, html
from pipeline.language import gettext as _

Children = Component | str | Sequence[Any] | None


def aria(**words: str) -> dict[str, Any]:
    """Attributes for assistive programs: aria(label="Search") is the attribute aria-label."""
    return {f"aria-{name}": word for name, word in words.items()}


def element(kind: str, children: Any = None, *, of: str = "html", **properties: Any) -> Any:
    """An element of dash.html (Span, Td, …) as Dash sends it to the browser, for what a page has by the hundred: a
    component checks each of its properties whenever it is made, which takes twenty times as long as all the rest.
    `of`: "core" for one of dash.dcc."""
    return {"namespace": f"dash_{of}_components", "type": kind, "props": {"children": children, **properties}}


def icon(name: str) -> Any:
    """One of assets/icons, in the colour of the text around it; screen readers pass over it."""
    address = f"url(/assets/icons/{name}.svg)"
    style = {"maskImage": address, "WebkitMaskImage": address}
    return element("Span", className="icon", style=style, **aria(hidden="true"))


def page_head(title: str, note: Children = None, right: Children = None) -> Component:
    """A page's title and what it shows as of when; buttons on the right."""
    words: list[Any] = [html.H1(title, className="page-title")]
    if note:
        words.append(html.P(note, className="page-note"))
    parts: list[Any] = [html.Div(words)]
    if right is not None:
        parts.append(html.Div(right))
    return html.Div(parts, className="page-head")


def card(
    title: str | None, children: Children, note: Children = None, right: Children = None, **about: Any
) -> Component:
    """A titled surface."""
    head: Any = []
    if title:
        words: list[Any] = [element("H2", title, className="card-title")]
        if note:
            words.append(element("P", note, className="card-note"))
        beside = element("Div", right) if right is not None else None
        head = [element("Div", [element("Div", words), beside], className="card-head")]
    body: list[Any] = list(children) if isinstance(children, list | tuple) else [children]
    return html.Section([*head, *body], **{"className": "card", **about})


def warning(why: object) -> Component:
    """What was refused and why, or what a person has to see before they go on."""
    return html.Span(str(why), className="overdue")


def tile(
    label: str, figure: str, note: Children = None, symbol: str | None = None, href: str | None = None
) -> Component:
    """One number with what it counts; a link where there is more to see."""
    children = [
        html.Div([icon(symbol) if symbol else None, html.Span(label)], className="tile-label"),
        html.Div(figure, className="tile-figure"),
        html.Div(note, className="tile-note") if note else None,
    ]
    if href:
        return dcc.Link(children, href=href, className="card tile")
    return html.Div(children, className="card tile")


def pill(word: str, tone: str = "plain") -> Any:
    return element("Span", word, className=f"pill pill-{tone}")


def empty(words: str) -> Component:
    """A text in place of contents that do not exist yet."""
    return html.Div(words, className="empty")


def link(words: Children, href: str) -> Any:
    return element("Link", words, of="core", href=href, className="text-link")


def state_links(address: str, states: Mapping[str, str], chosen: str | None, whole: str | None = None) -> Component:
    """Ways to the rows of one state each, `states`: key of ?state= -> name; `whole`: what leads to all of them."""
    ways: dict[str | None, str] = {None: whole} if whole else {}
    links = [
        html.Strong(name) if key == chosen else link(name, address if key is None else f"{address}?state={key}")
        for key, name in (ways | {**states}).items()
    ]
    return html.Div(links, className="jumps", role="navigation", **aria(label=_("State")))


def file_link(words: str, href: str, about: str | None = None) -> Component:
    """A button that downloads a file; `about`: what it holds, where the words alone do not say."""
    return html.A([icon("download"), " ", words], href=href, className="head-button", title=about or words)


def facts_list(pairs: Sequence[tuple[str, Children]]) -> Component:
    """Names and values, one pair a line."""
    parts = [part for name, value in pairs for part in (element("Dt", name), element("Dd", value))]
    return html.Dl(parts, className="facts-list")


def text_table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numbers: bool = False,
    unbroken: frozenset[int] = frozenset(),
) -> Component:
    """A table of many plain cells as one component: Dash looks at every component whenever anything changes, so a
    thousand cells of their own would hold the page up for seconds. `numbers`: all but the first column to the right;
    `unbroken`: columns whose words stay on one line, such as days."""
    classes = [
        "text-table",
        *(["numbers"] if numbers else []),
        *(f"unbroken-{place + 1}" for place in sorted(unbroken)),
    ]
    drawn = dmc.Table(data={"head": list(headings), "body": [list(row) for row in rows]}, className=" ".join(classes))
    return html.Div(drawn, className="table-scroll")


def table(
    headings: Sequence[str], rows: Sequence[Sequence[Children]], numbers: frozenset[int] = frozenset()
) -> Component:
    """A short table; `numbers` are the columns set to the right."""

    def side(place: int) -> str:
        return "number" if place in numbers else ""

    heads = [element("Th", words, className=side(place), scope="col") for place, words in enumerate(headings)]
    drawn = [
        element("Tr", [element("Td", cell, className=side(place)) for place, cell in enumerate(row)]) for row in rows
    ]
    parts = [element("Thead", element("Tr", heads)), element("Tbody", drawn)]
    return html.Div(element("Table", parts, className="plain-table"), className="table-scroll")
