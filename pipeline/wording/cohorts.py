"""What cohorts, and the reference firms of a model's ranks, are called by people."""

from collections.abc import Iterable

from pipeline.language import Label
from pipeline.store.tables import CITY

_LABELS = {CITY: Label("全市企业", "the city's firms"), "neeq": Label("新三板参照企业", "NEEQ reference firms")}


def cohort_label(cohort: str) -> Label:
    """A cohort's name in words; one that this program does not name is called as it is stored."""
    return _LABELS.get(cohort, Label(cohort, cohort))


def cohorts_label(cohorts: Iterable[str]) -> Label:
    """Several cohorts, one after the other."""
    labels = [cohort_label(cohort) for cohort in cohorts]
    return Label("、".join(label.zh for label in labels), ", ".join(label.en for label in labels))


def reference_label(reference: str) -> Label:
    """Against whose ranks a score is read: "city 2026-05-01 1f2e3d4c" is 全市企业 2026-05-01; what is not of this form
    stays as it is."""
    cohorts, _, rest = reference.partition(" ")
    day = rest.split(" ")[0]
    if not day:
        return Label(reference, reference)
    names = cohorts_label(cohorts.split("+"))
    return Label(f"{names.zh} {day}", f"{names.en} {day}")
