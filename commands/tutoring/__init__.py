"""The commands below `goldseed cases` and `goldseed tasks`, and `goldseed today`.

    names.py ──► cases.py, visits.py, tasks.py, agenda.py
    cases.py ──► visits.py, gates.py, tasks.py

`cases` has the group itself, to which visits and gates add their commands when they are read; tasks have their own.
"""

from commands.tutoring import gates, visits
from commands.tutoring.agenda import whats_on
from commands.tutoring.cases import cases
from commands.tutoring.tasks import tasks

__all__ = ["cases", "gates", "tasks", "visits", "whats_on"]
