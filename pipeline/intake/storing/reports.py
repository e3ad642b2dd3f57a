"""What an import brought, or would bring: counts, what looks wrong, and the sentence that sums it up.

Filled by importing.py step by step; the command line prints it, the dashboard shows it.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pipeline.intake.reading.problems import Finding, Problem
from pipeline.intake.reading.workbook import Workbook
from pipeline.intake.storing import annotated_workbook
from pipeline.intake.storing.import_request import ImportRequest
from pipeline.intake.storing.restatement import Restatement
from pipeline.intake.storing.validation import Checked
from pipeline.json_values import JsonObject
from pipeline.language import N_, Message


@dataclass
class ImportReport:
    """What an import brought. `import_id` None: a dry run. `superseded`: rows that restate an earlier statement."""

    import_id: int | None
    file: str
    map_name: str
    cohort: str
    source: str
    rows: int = 0
    added: int = 0
    superseded: int = 0
    firms: int = 0
    new_firms: int = 0
    already_stored: bool = False
    dry_run: bool = False
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)
    restated: Restatement = field(default_factory=Restatement)  # what becomes of the rows stated before
    cross_checks: int = 0
    corrected: int = 0  # open findings and contradictions of earlier imports that it closed
    moved_cases: int = 0  # tutoring cases that followed the events it brought
    annotated: Path | None = None
    book: Workbook | None = None
    names: dict[str, str] = field(default_factory=dict)  # of its firms, as the file has them

    @classmethod
    def begun(cls, request: ImportRequest) -> Self:
        """The report of a file that is good, before anything of it is counted or stored."""
        map_name = request.map_.name
        return cls(None, request.file, map_name, request.cohort, request.source, dry_run=request.dry_run)

    def __str__(self) -> str:
        return str(self.message)

    @property
    def message(self) -> Message:
        params = {
            "file": self.file,
            "id": self.import_id,
            "added": self.added,
            "superseded": self.superseded,
            "firms": self.firms,
            "warnings": len(self.warnings),
            "rows": self.rows,
            "checks": self.cross_checks,
        }
        if self.already_stored:
            return Message(N_("%(file)s is stored already, as import %(id)s; nothing has been changed."), params)
        if self.dry_run:
            return Message(
                N_(
                    "%(file)s could be stored: %(added)s rows of %(firms)s firms, "
                    "of which %(superseded)s restate earlier ones; "
                    "%(warnings)s things to look at. Nothing has been changed."
                ),
                params,
            )
        return Message(
            N_(
                "%(file)s is stored as import %(id)s: %(added)s rows of %(firms)s firms, "
                "of which %(superseded)s restate earlier "
                "ones; %(warnings)s things to look at, %(checks)s contradictions between sources."
            ),
            params,
        )

    def as_json(self) -> JsonObject:
        return {
            "id": self.import_id,
            "import_id": self.import_id,
            "file": self.file,
            "map": self.map_name,
            "cohort": self.cohort,
            "source": self.source,
            "rows": self.rows,
            "added": self.added,
            "superseded": self.superseded,
            "firms": self.firms,
            "new_firms": self.new_firms,
            "already_stored": self.already_stored,
            "dry_run": self.dry_run,
            "problems": [problem.as_json() for problem in self.problems],
            "warnings": [warning.as_json() for warning in self.warnings],
            "restated": self.restated.as_json(),
            "notices": [str(notice) for notice in self.notices],
            "cross_checks": self.cross_checks,
            "corrected": self.corrected,
            "moved_cases": self.moved_cases,
            "mended": None if self.annotated is None else str(self.annotated),
            "message": str(self),
        }

    def count(self, book: Workbook, checked: Checked) -> None:
        """Take in what the checked file holds."""
        self.book = book
        self.rows = self.added = checked.rows
        self.notices, self.names = checked.notices, checked.firms.names
        self.firms = len(checked.firms)


@dataclass
class Preview:
    """What an import would do, before anything is stored: a report, or what must be corrected first."""

    book: Workbook | None
    report: ImportReport | None
    message: Message | str
    problems: list[Problem]
    warnings: list[Finding]
    refusal: str | None = None  # the line that a wrong file left, e.g. "R3"

    @property
    def good(self) -> bool:
        return self.report is not None

    def annotated(self) -> bytes | None:
        """The sender's workbook with every problem and warning marked; None where it cannot be read at all.

        Raises annotated_workbook.NotCopied.
        """
        return None if self.book is None else annotated_workbook.content(self.book, self.problems, self.warnings)

    def as_json(self) -> JsonObject:
        if self.report is not None:
            return {"good": True, **self.report.as_json()}
        problems = [problem.as_json() for problem in self.problems]
        return {
            "good": False,
            "refusal": self.refusal,
            "message": str(self.message),
            "problems": problems,
            "warnings": [],
        }
