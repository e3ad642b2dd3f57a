"""What an address or a callback is given, turned to the ids of another firm."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.dashboard import city
from tests.dashboard.of_another.marked_city import Numbers
from tests.dashboard.trail_board import CODES

#: What stands nowhere: the ids that nobody's answer may be told apart from.
NOBODYS = Numbers(
    city.credit_code(999),
    {
        **dict.fromkeys(("import", "refused", "finding", "cross_check", "case", "visit", "task", "problem"), 999_999),
        **dict.fromkeys(("evaluation", "message", "objection", "return", "proposal", "decision", "view"), 999_999),
        **dict.fromkeys(("visit_file", "message_file", "objection_file", "claim_file", "claim", "file"), 999_999),
        **dict.fromkeys(("declaration", "nomination", "notice_objection", "activity"), 999_999),
        **dict.fromkeys(("contact", "pacesetter", "pacesetter_objection"), 999_999),
        "job": "0" * 24,
        "account": "nobody",
        # These are of the city as a whole.
        "adviser": 1,
        "request": 1,
        "review": 1,
    },
)
#: Of an address: its variable (where a route means another by it, the route and the variable) -> what is put there.
_IN_ADDRESS: Mapping[str, str | tuple[str, ...]] = {
    "model_id": ("small-2026",),
    "name": ("reliability",),
    "tongue": ("zh",),
    "form": ("docx", "csv", "md", "pdf", "xlsx"),
    "kind": ("decision", "list", "notice", "opinion"),
    "year": ("2025",),
    "review": "review",
    "job": "job",
    "/download/attachment/<number>": "visit_file",
    "/download/message-file/<number>": "message_file",
    "/download/objection-file/<number>": "objection_file",
    "/download/support-file/<number>": "claim_file",
    "/download/own-return/<number>": "return",
    "/download/ladder/<what>.csv": ("near", "calendar", "candidates"),
    "/download/ladder/letters-<kind>.docx": ("renewal", "one_away"),
}
#: Behind the "?" of every address: all that any page or file reads there.
_BEHIND = (
    "firm={firm}&firms={firm}&search={firm}&words=Z&withdrawn=1&show=all&adviser={adviser}&review={review}"
    "&mentor={firm}&person={firm}&problem={problem}&case={case}&visit={visit}&claim={claim}&department=tax"
)
#: Of a callback: what a component holds -> what of another firm is put there.
_HELD: Mapping[str, Any] = {
    "problems-shown.data": lambda of: [of["problem"], 1],
    "support-claim-shown.data": lambda of: of["claim"],
    "firm-declared-nomination.data": lambda of: of["nomination"],
    "firm-declared-application.data": lambda of: of["declaration"],
    "pacesetters-wrong.value": lambda of: str(of["pacesetter"]),
    "pacesetters-objected.value": lambda of: str(of["pacesetter"]),
    "pacesetters-decided.value": lambda of: str(of["pacesetter"]),
    "pacesetters-objection.value": lambda of: str(of["pacesetter_objection"]),
    "cases-proposed.data": lambda of: {str(of["case"]): 1},
    "cases-grid.selectedRows": lambda of: [{"case_id": of["case"], "version": 1}],
    "checks-cells.selectedRows": lambda of: [{"id": of["finding"]}],
    "checks-sources.selectedRows": lambda of: [{"id": of["cross_check"]}],
    "pools-proposals.selectedRows": lambda of: [{"id": of["proposal"]}],
    "imports-grid.selectedRows": lambda of: [{"id": str(of["import"])}],
    "imports-job.data": lambda of: {"id": of["job"], "look": of["job"]},
    "policy-job.data": lambda of: of["job"],
    "models-job.data": lambda of: of["job"],
    "models-backtest-job.data": lambda of: of["job"],
    "board-asked.data": lambda of: {"case": of["case"], "seen": 1, "stage": "advisers"},
    "accounts-grid.selectedRows": lambda of: [{"name": f"Z{of['account']}_accountZ"}],
    "advisers-evaluation.value": lambda of: str(of["evaluation"]),
    "opinions-reply-to.value": lambda of: str(of["notice_objection"]),
    "firms-view.value": lambda of: f"{of['view']}?pool=golden",
    # Nobody's password: else each would change their own.
    "account-old.value": lambda of: "wrong",
    "today-chosen.value": lambda of: [of["firm"]],
    "mine-object-about.data": lambda of: {"about": "finding", "key": str(of["finding"])},
}
#: In the id of a component of a pattern: the names that stand for something of a firm.
_IN_PATTERN = (
    "visit",
    "task",
    "problem",
    "return",
    "objection",
    "message",
    "file",
    "case",
    "firm",
    "request",
    "contact",
    "activity",
)
#: An id that was sent and is said again, and what is new in every answer: a token, the name of an act by its moment,
#: the moment since which a page waits.
_SAID_AGAIN = re.compile(
    r"csrf_token\" value=\"[^\"]+|\"since\":\"[^\"]+|\d{8}T\d{6}-\d+-\d+"
    r"|\b(?:problem|case|visit|claim)(?:=|%3D|\": ?\")\d+"
    r"|(?:第|编号为) ?\d+|\\\"return\\\":\d+|\"\d+(?=：没有)"
)
_CODE = re.compile("|".join(CODES))


def addresses(path: str, of: Numbers, forms: int = 5) -> list[str]:
    """Every address of a route with these ids, a file in at most so many of its forms. Raises KeyError where the route
    has a variable that nobody told us of."""
    found = [path]
    for variable in re.findall(r"<(\w+)>", path):
        put = ("firm_id",) if variable == "firm_id" else _IN_ADDRESS.get(path) or _IN_ADDRESS.get(variable)
        if put is None:
            raise KeyError(f"{path}: say in ids_of_others.py what is put for <{variable}>")
        values = (of.firm,) if variable == "firm_id" else put if isinstance(put, tuple) else (str(of.of[put]),)
        values = values[:forms] if variable == "form" else values
        found = [one.replace(f"<{variable}>", value) for one in found for value in values]
    return found


def behind(of: Numbers) -> str:
    return _BEHIND.format(firm=of.firm, **of.of)


def as_if_nobodys(text: str, of: Numbers) -> str:
    """An answer with nobody's ids where it says again those that were sent."""
    text = text.replace(quote(of.firm, safe=""), NOBODYS.firm).replace(of.firm, NOBODYS.firm)
    return _SAID_AGAIN.sub("", text)


def turned(values: Mapping[str, Any], of: Numbers) -> dict[str, Any]:
    """What a callback was given, with the ids of another firm in the place of every one that it held."""
    known = {**NOBODYS.of, **of.of, "firm": of.firm}
    return {name: _HELD[name](known) if name in _HELD else _with(value, known) for name, value in values.items()}


def _with(value: Any, of: Mapping[str, Any]) -> Any:
    if isinstance(value, str):
        return _CODE.sub(of["firm"], value)
    if isinstance(value, list):
        return [_with(one, of) for one in value]
    if isinstance(value, dict):
        pattern = "type" in value
        return {
            key: of[key] if pattern and key in _IN_PATTERN and not isinstance(one, list) else _with(one, of)
            for key, one in value.items()
        }
    return value
