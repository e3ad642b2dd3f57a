"""What a list of visits is narrowed to, and how that is written in an address: `?district=CODE&from=2024-01-01`."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, fields
from datetime import date

from pipeline.districts import DISTRICTS
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.tutoring.stages import STAGES

#: Steps that a visit left: those not done, those of them that are overdue.
OPEN, OVERDUE = "open", "overdue"
STEPS = (OPEN, OVERDUE)
_LONGEST_WORDS = 200
_YES = "1"


class WrongCondition(ShownToPeople):
    """A list that is narrowed to what there cannot be."""


@dataclass(frozen=True)
class VisitConditions:
    """None and False narrow nothing. `person`: who visited, or looks after the case; `since` and `until`: days of the
    visit, both among them; `stage`: of the case as it stands; `step`: one of STEPS; `words`: in the findings, the next
    step or the firm's name; `withdrawn`: those that were withdrawn too."""

    district: str | None = None
    person: str | None = None
    since: date | None = None
    until: date | None = None
    stage: str | None = None
    step: str | None = None
    attached: bool = False
    words: str | None = None
    firm_id: str | None = None
    withdrawn: bool = False


_NAMES = {
    "district": "district",
    "person": "person",
    "since": "from",
    "until": "to",
    "stage": "stage",
    "step": "step",
    "attached": "attached",
    "words": "words",
    "firm_id": "firm",
    "withdrawn": "withdrawn",
}


def from_address(query: Mapping[str, str]) -> VisitConditions:
    """The conditions in an address; what is none of ours narrows nothing."""

    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(query.get(name, ""))
        except ValueError:
            return None

    def among(name: str, known: Container[str]) -> str | None:
        value = query.get(name)
        return value if value is not None and value in known else None

    return VisitConditions(
        district=among("district", DISTRICTS),
        person=_text(query.get("person")),
        since=day("from"),
        until=day("to"),
        stage=among("stage", STAGES),
        step=among("step", STEPS),
        attached=query.get("attached") == _YES,
        words=_text(query.get("words")),
        firm_id=_text(query.get("firm")),
        withdrawn=query.get("withdrawn") == _YES,
    )


def in_address(chosen: VisitConditions) -> dict[str, str]:
    """The conditions as an address has them, those that narrow alone."""
    found: dict[str, str] = {}
    for each in fields(chosen):
        value = getattr(chosen, each.name)
        if value:
            found[_NAMES[each.name]] = _YES if value is True else str(value)
    return found


def check(chosen: VisitConditions) -> None:
    """Raise WrongCondition for days in the wrong order."""
    if chosen.since is not None and chosen.until is not None and chosen.until < chosen.since:
        text = N_("The list would begin on %(since)s and end on %(until)s, before it. Give the earlier day first.")
        raise WrongCondition(Message(text, {"since": f"{chosen.since}", "until": f"{chosen.until}"}))


def _text(value: str | None) -> str | None:
    return (value or "").strip()[:_LONGEST_WORDS] or None
