"""The commands below `goldseed cases` and `goldseed problems`, and `goldseed today`.

    names.py ──► cases.py, visits.py, agenda.py
    cases.py ──► visits.py, gates.py, problems.py

`cases` has the group itself, to which visits, gates and problems add their commands when they are read.
"""

from commands.tutoring import gates, visits
from commands.tutoring.agenda import whats_on
from commands.tutoring.cases import cases
from commands.tutoring.problems import problems

__all__ = ["cases", "gates", "problems", "visits", "whats_on"]
