"""How a task reports progress."""

from collections.abc import Callable

#: Called with the share done (0 to 1) and what is being done, in the reader's language.
Progress = Callable[[float, str], None]
