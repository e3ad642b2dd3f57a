"""The districts of the city that this process works for, by their division code (GB/T 2260), with both names."""

from collections.abc import Iterator, Mapping

from pipeline.city.city_file import District
from pipeline.city.in_force import city

__all__ = ["DISTRICTS", "District"]


class _OfTheCity(Mapping[str, District]):
    """What the file of the city says when it is asked."""

    def __getitem__(self, code: str) -> District:
        return city().districts[code]

    def __iter__(self) -> Iterator[str]:
        return iter(city().districts)

    def __len__(self) -> int:
        return len(city().districts)


DISTRICTS: Mapping[str, District] = _OfTheCity()
