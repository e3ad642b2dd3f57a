"""One file of the list of what came in: an import, or a file that was refused, with what is told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline.intake.storing.findings import StoredFinding
from pipeline.json_values import JsonObject
from pipeline.language import CHINESE, language


@dataclass(frozen=True)
class StoredProblem:
    """A problem of a refused file in both languages: its texts stay as its sender read them."""

    stored: Mapping[str, Any]

    @property
    def message(self) -> str:
        return str(self.stored[f"message_{self._ending}"])

    @property
    def text(self) -> str:
        """What is wrong and what to write instead, without the place; an early refusal has its message alone."""
        return str(self.stored.get(f"text_{self._ending}") or self.message)

    @property
    def instead(self) -> str:
        return str(self.stored[f"instead_{self._ending}"])

    @property
    def _ending(self) -> str:
        return "zh" if language() == CHINESE else "en"

    def as_json(self) -> JsonObject:
        return {**self.stored, "message": self.message, "text": self.text, "instead": self.instead}


@dataclass(frozen=True)
class ImportLine:
    """A line of the list of imports. id: a number, or "R3" of a refused file; state: stored, undone or refused;
    problem_count: of a refused file, else None; district_code: of the district whose officer brought it, None of the
    city's."""

    id: int | str
    kind: str
    file: str
    rows: int
    state: str
    map_name: str
    cohort: str
    source: str
    open_findings: int
    imported_at: datetime
    imported_by: str
    undone_at: datetime | None = None
    undone_by: str | None = None
    undone_why: str | None = None
    problem_count: int | None = None
    district_code: str | None = None

    def as_json(self) -> JsonObject:
        line = {"map" if name == "map_name" else name: value for name, value in vars(self).items()}
        if self.problem_count is None:
            del line["problem_count"]
        return line


@dataclass(frozen=True)
class ImportDetails:
    """One import with everything that looks wrong about it, or one refused file with its problems.

    cross_checks: how many contradictions with other sources it brought; None of a refused file.
    """

    line: ImportLine
    cross_checks: int | None
    problems: Sequence[StoredProblem]
    warnings: Sequence[StoredFinding]

    def as_json(self) -> JsonObject:
        compared = {} if self.cross_checks is None else {"cross_checks": self.cross_checks}
        return {
            **self.line.as_json(),
            **compared,
            "problems": [problem.as_json() for problem in self.problems],
            "warnings": [warning.as_json() for warning in self.warnings],
        }
