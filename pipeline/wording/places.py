"""How a firm's place among the scored firms is told."""

from pipeline.language import gettext as _
from pipeline.store.current import Place
from pipeline.store.tables import CITY
from pipeline.wording import number_format


def place_in_words(place: Place | None, cohort: str) -> list[tuple[str, str]]:
    """What each place is of, and the place, in the current language: the rank in the city (or the cohort), and the rank
    in the district where that is known. Nothing for a firm without a place."""
    if place is None:
        return []
    rank = _("Rank in the city") if cohort == CITY else _("Rank")
    told = [(rank, _of(place.rank, place.scored))]
    if cohort == CITY and place.district_rank is not None and place.district_scored is not None:
        told.append((_("Rank in the district"), _of(place.district_rank, place.district_scored)))
    return told


def _of(rank: int, count: int) -> str:
    return _("%(rank)s of %(count)s", rank=number_format.decimal(rank), count=number_format.decimal(count))
