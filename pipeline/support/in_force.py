"""Which rules of support hold for this database: those of the city's file, and of the demo's own file where the firms
are made up.

Step 4 of the flow: rules_file.py -> **in_force.py** -> grounds.py
"""

from sqlalchemy.orm import Session

from pipeline.city.in_force import city
from pipeline.demo_data import holds_demo_firms
from pipeline.rules.definition.files import RULES_FOLDER
from pipeline.support.model import NOTHING, SupportBook
from pipeline.support.rules_file import read_support

#: Rules of nobody, with which the made-up city is tried.
DEMO_FILE = RULES_FOLDER / "support_demo.yaml"


def support_book(session: Session) -> SupportBook:
    """The rules as the file stands now; nothing where the city names none. Raises WrongFile."""
    file = DEMO_FILE if holds_demo_firms(session) else city().support
    if file is None:
        return NOTHING
    return read_support(file, file.stat().st_mtime_ns if file.exists() else 0)
