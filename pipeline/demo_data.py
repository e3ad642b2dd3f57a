"""How the firms of the demonstration city are told from real ones: by the names of the files they came from."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.language import N_
from pipeline.store.tables import Import

#: Files of the demonstration city carry this word in their name.
FILE_MARK = "演示"
#: Stands on every page and in every export while such a file is in force.
NOTICE = N_("Demonstration data: every firm, person and figure here is made up.")


def holds_demo_firms(session: Session) -> bool:
    """Whether any return in force comes from the demonstration city."""
    marked = select(Import.id).where(Import.file_name.contains(FILE_MARK), Import.state == "stored").limit(1)
    return session.scalar(marked) is not None
