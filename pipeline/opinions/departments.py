"""The departments of the city that a review can ask."""

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
        "courts": Label("人民法院", "courts"),
    }
)
