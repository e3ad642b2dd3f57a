"""The departments of the city that a review can ask, by id, with both names."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.language import Label

#: id -> how people call it.
DEPARTMENTS: Mapping[str, Label] = MappingProxyType(
    {
        "tax": Label("税务局", "tax bureau"),
        "ecology": Label("生态环境局", "ecology bureau"),
        "market_supervision": Label("市场监督管理局", "market supervision bureau"),
        "human_resources": Label("人力资源和社会保障局", "human resources bureau"),
        "emergency_management": Label("应急管理局", "emergency management bureau"),
        "natural_resources": Label("自然资源局", "natural resources bureau"),
        "housing": Label("住房和城乡建设局", "housing and construction bureau"),
        "public_security": Label("公安局", "public security bureau"),
        "courts": Label("人民法院", "courts"),
        "customs": Label("海关", "customs"),
        "foreign_exchange": Label("外汇管理局", "foreign exchange office"),
        "housing_fund": Label("住房公积金管理中心", "housing fund centre"),
    }
)
