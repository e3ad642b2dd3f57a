"""The commands below `goldseed cases`, `visits`, `tasks`, `problems`, `advisers`, `labels` and
`messages`, `goldseed today` and `goldseed effect`.

    names.py ──► cases.py, visits.py, tasks.py, agenda.py
    cases.py ──► visits.py, gates.py, tasks.py, problems.py, advisers.py
    visits.py ──► all_visits.py
    names.py ──► messages.py

`cases` has the group itself, to which visits, gates and problems add their commands when they are read; tasks,
problems, advisers, labels, messages and the visits of all firms (all_visits.py) have groups of their own.
"""

from commands.tutoring import gates
from commands.tutoring.advisers import advisers
from commands.tutoring.agenda import whats_on
from commands.tutoring.all_visits import visits
from commands.tutoring.cases import cases
from commands.tutoring.effect import effect
from commands.tutoring.labels import labels
from commands.tutoring.messages import messages
from commands.tutoring.problems import problems
from commands.tutoring.tasks import tasks

__all__ = [
    "advisers",
    "cases",
    "effect",
    "gates",
    "labels",
    "messages",
    "problems",
    "tasks",
    "visits",
    "whats_on",
]
