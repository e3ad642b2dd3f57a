"""The city that this process works for: that of the settings, else the one that comes with the program.

A process works for one city: districts and titles are read in every room, and handing them down to each would say no
more. Set where settings are read (the command line, the board, a job, a worker), like the language of the command line.
"""

from functools import cache

from pipeline import language
from pipeline.city.city_file import SHIPPED, City, read_city

_city: City | None = None


def city() -> City:
    return _city or shipped()


@cache
def shipped() -> City:
    """The city that comes with the program."""
    return read_city(SHIPPED)


def set_city(chosen: City | None) -> None:
    """From now on this process works for this city; None: for the one that comes with the program."""
    global _city
    _city = chosen


language.fill_in(lambda: {"district": city().district})
