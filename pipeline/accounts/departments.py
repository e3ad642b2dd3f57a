"""The departments of the city that a review can ask about its candidates: one table, DEPARTMENTS.

A new department is a new row here; an account of the role "department" belongs to one of them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline import language
from pipeline.language import Label

DEPARTMENTS: Mapping[str, Label] = MappingProxyType(
    {
        "tax": Label("税务局", "Tax"),
        "ecology": Label("生态环境局", "Ecology and environment"),
        "market_supervision": Label("市场监督管理局", "Market supervision"),
        "human_resources": Label("人力资源和社会保障局", "Human resources and social security"),
        "emergency_management": Label("应急管理局", "Emergency management"),
        "courts": Label("人民法院", "People's courts"),
        "public_security": Label("公安局", "Public security"),
        "customs": Label("海关", "Customs"),
        "forex": Label("外汇管理局", "Foreign exchange"),
        "housing_construction": Label("住房和城乡建设局", "Housing and construction"),
        "natural_resources": Label("自然资源局", "Natural resources"),
        "science_technology": Label("科学技术局", "Science and technology"),
        "industry_information": Label("工业和信息化局", "Industry and information technology"),
        "housing_fund": Label("住房公积金管理中心", "Housing provident fund"),
    }
)


def department_name(department: str | None) -> str:
    """The department's name in the current language; one that this program does not know is shown as it is."""
    if not department:
        return ""
    return language.pick(DEPARTMENTS[department]) if department in DEPARTMENTS else department
