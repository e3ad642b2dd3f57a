"""Errors that people read: a short message to the person who can act on it.

The command line prints such an error without a traceback and exits with the class's own code; the dashboard
shows its text. Anything else is our own mistake and
keeps its traceback.
"""

from collections.abc import Sequence

from pipeline.language import Message


class ShownToPeople(Exception):  # noqa: N818 - it names who reads it
    """A mistake that its reader can correct: what happened, where, what was found, what to do instead."""

    exit_code = 2

    def __init__(self, message: Message | str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class WrongFile(ShownToPeople):
    """A file that was not stored. `problems` lists every cell to correct, each a text of its own."""

    exit_code = 3

    def __init__(self, message: Message | str, problems: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)

    def __str__(self) -> str:
        return "\n".join([str(self.message), *(f"  - {problem}" for problem in self.problems)])


class NotFound(ShownToPeople):
    """What was asked for by name or number is not there."""


class NotAllowed(ShownToPeople):
    """This person may not do or see this."""
