"""How a task reports progress, and where it says that it can no longer be cancelled."""

from collections.abc import Callable
from typing import Protocol

#: Called with the share done (0 to 1) and what is being done, in the reader's language.
Progress = Callable[[float, str], None]


class StoringProgress(Protocol):
    """Progress of a task that can be cancelled until it stores something for good."""

    def __call__(self, share: float, says: str) -> None: ...

    def begin_storing(self) -> None:
        """From here on the task runs to its end. Raises NoLongerWanted where it was cancelled or given up before."""


class NoLongerWanted(Exception):  # noqa: N818 - it says what is so, and nobody is shown it
    """The job was cancelled, or its readers were told that it broke off: it must store nothing any more."""
