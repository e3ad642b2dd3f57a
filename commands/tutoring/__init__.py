"""The commands below `goldseed cases`, and `goldseed today`.

    names.py ──► cases.py, visits.py, agenda.py
    cases.py ──► visits.py, gates.py

`cases` has the group itself, to which visits and gates add their commands when they are read.
"""

from commands.tutoring import gates, visits
from commands.tutoring.agenda import whats_on
from commands.tutoring.cases import cases

__all__ = ["cases", "gates", "visits", "whats_on"]
