"""What a list of activities is narrowed to, and how that is written in an address: `?group=platform&level=city`."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, fields

from pipeline.activities.kinds import activity_kinds, level_names
from pipeline.districts import DISTRICTS
from pipeline.language import Label

#: On the day of the list: begun and not ended; begun and ended.
STANDING, ENDED = "standing", "ended"
STATES = {STANDING: Label("当日有效", "standing"), ENDED: Label("已截止", "ended")}


@dataclass(frozen=True)
class ActivityConditions:
    """None narrows nothing. `state`: one of STATES; `kinds` and `groups` of data/activities.yaml."""

    group: str | None = None
    kind: str | None = None
    level: str | None = None
    district: str | None = None
    state: str | None = None
    firm: str | None = None

    def kinds(self) -> list[str] | None:
        """The kinds that fit; None: all."""
        if self.kind is not None:
            return [self.kind] if self.group in (None, activity_kinds().kinds[self.kind].group) else []
        return None if self.group is None else [kind.id for kind in activity_kinds().of_group(self.group)]


def from_address(query: Mapping[str, str]) -> ActivityConditions:
    """The conditions in an address; what is none of ours narrows nothing."""
    known: Mapping[str, Container[str]] = {
        "group": activity_kinds().groups,
        "kind": activity_kinds().kinds,
        "level": level_names(),
        "district": DISTRICTS,
        "state": STATES,
    }
    chosen = {name: query[name] for name, words in known.items() if query.get(name) in words}
    return ActivityConditions(**chosen, firm=query.get("firm") or None)


def in_address(chosen: ActivityConditions) -> dict[str, str]:
    """The conditions as an address has them, those that narrow alone."""
    return {each.name: value for each in fields(chosen) if (value := getattr(chosen, each.name))}
