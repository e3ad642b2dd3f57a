"""What a model can foresee, by name: the stage events, and what follows from what returns state."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.ladder.certificates import HNTE_RECOGNISED, NAME
from pipeline.language import Label
from pipeline.tutoring.stages import EVENTS

#: Kinds that are no stage events. A model of one never scores readiness: it is never champion, and never taken where no
#: model is named.
NOT_READINESS = (HNTE_RECOGNISED,)
KINDS: Mapping[str, Label] = MappingProxyType(
    {kind: Label(event.zh, event.en) for kind, event in EVENTS.items()} | {HNTE_RECOGNISED: NAME}
)
