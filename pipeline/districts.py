"""The districts of the city, by their division code (GB/T 2260), with both names."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class District:
    code: str
    zh: str
    en: str


DISTRICTS: Mapping[str, District] = MappingProxyType(
    {
        code: District(code, zh, en)
        for code, zh, en in (
            ("440703", "蓬江区", "Pengjiang"),
            ("440704", "江海区", "Jianghai"),
            ("440705", "新会区", "Xinhui"),
            ("440781", "台山市", "Taishan"),
            ("440783", "开平市", "Kaiping"),
            ("440784", "鹤山市", "Heshan"),
            ("440785", "恩平市", "Enping"),
        )
    }
)
