"""What a department can answer."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.language import Label

CLEAN, NOT_CLEAN, CANNOT_SAY = "clean", "not_clean", "cannot_say"
ANSWERS: Mapping[str, Label] = MappingProxyType(
    {
        CLEAN: Label("无异议", "clean"),
        NOT_CLEAN: Label("有异议", "not clean"),
        CANNOT_SAY: Label("无法判断", "cannot say"),
    }
)
