"""The commands below `goldseed cases`, `tasks`, `problems` and `advisers`, and `goldseed today`.

    names.py ──► cases.py, visits.py, tasks.py, agenda.py
    cases.py ──► visits.py, gates.py, tasks.py, problems.py, advisers.py

`cases` has the group itself, to which visits, gates and problems add their commands when they are read; tasks,
problems and advisers have groups of their own.
"""

from commands.tutoring import gates, visits
from commands.tutoring.advisers import advisers
from commands.tutoring.agenda import whats_on
from commands.tutoring.cases import cases
from commands.tutoring.problems import problems
from commands.tutoring.tasks import tasks

__all__ = ["advisers", "cases", "gates", "problems", "tasks", "visits", "whats_on"]
