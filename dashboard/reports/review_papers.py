"""Every paper of one review at once, as files.

pool_papers.py, pool_workbooks.py ──► review_papers.py
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from dashboard.reports import pool_papers, pool_workbooks
from dashboard.reports.pool_papers import Office
from pipeline import demo_data
from pipeline.accounts.people import Person
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.pool_history import published


@dataclass(frozen=True)
class PaperFile:
    """One paper as a file, and how many firms it names."""

    name: str
    content: bytes
    firms: int


def every_paper(session: Session, review: int, person: Person, office: Office) -> list[PaperFile]:
    """The papers that there are of a review, of the firms that this person may export: list, decision, notice, and a
    letter for each department that was asked. Raises NotFound where there is none yet, NotAllowed."""
    files = list(_papers(session, review, person, office))
    if not files:
        text = N_("There is no paper of review %(review)s yet: nothing of it is confirmed, asked or made public.")
        raise NotFound(Message(text, {"review": review}))
    return files


def _papers(session: Session, review: int, person: Person, office: Office) -> Iterator[PaperFile]:
    made_up = demo_data.holds_demo_firms(session)
    (there_are,) = published.papers_of(session, person, review=review)
    kinds: list[tuple[str, str | None]] = [("decision", None), ("list", None)] if there_are.decided else []
    kinds += [("notice", None)] if there_are.noticed else []
    kinds += [("opinion", department) for department in there_are.departments]
    for kind, department in kinds:
        what = pool_papers.told(session, kind, review, department, person)
        name = f"{kind}-{department}" if department else kind
        paper = pool_papers.paper(kind, what, office, made_up, person)
        yield PaperFile(f"{name}.docx", paper, len(what.firms))
        if isinstance(what, published.Decided) and kind == "list":
            yield PaperFile("list.xlsx", pool_workbooks.list_workbook(what, made_up), len(what.firms))


def zipped(files: list[PaperFile]) -> bytes:
    """All of them in one archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(file.name, file.content)
    return content.getvalue()
