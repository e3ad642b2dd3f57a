"""What an objection is about, and how it may stand: words alone, for whoever needs no database."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.language import Label

FIGURE, FINDING, DECISION = "figure", "finding", "decision"
ABOUT = (FIGURE, FINDING, DECISION)
STATES: Mapping[str, Label] = {
    "open": Label("待答复", "open"),
    "accepted": Label("已采纳", "accepted"),
    "refused": Label("未采纳", "refused"),
    "withdrawn": Label("已撤回", "withdrawn"),
}


@dataclass(frozen=True)
class Subject:
    """What is objected to: a fact of a year, a finding, or a decided proposal."""

    about: str
    fact: str | None = None
    year: int | None = None
    finding_id: int | None = None
    proposal_id: int | None = None
