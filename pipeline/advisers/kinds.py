"""The words of the register: where advisers are filed, what they are judged by, what is drawn, what a check found."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.language import Label

AUTHORITIES: Mapping[str, Label] = MappingProxyType(
    {
        "csrc": Label("中国证监会", "CSRC"),
        "csrc_local": Label("证监局", "local office of the CSRC"),
        "mof": Label("财政部", "Ministry of Finance"),
        "moj": Label("司法行政机关", "authority of justice"),
        "bureau": Label("本局", "the bureau"),
        # The number of such a filing is that of the standard of service that it follows.
        "industry": Label("行业组织（服务标准）", "industry body (standard of service)"),
        "other": Label("其他", "other"),
    }
)
CRITERIA: Mapping[str, Label] = MappingProxyType(
    {
        "competence": Label("专业能力", "competence"),
        "diligence": Label("勤勉尽责", "diligence"),
        "promptness": Label("响应及时", "promptness"),
    }
)
WORST, BEST = 1, 5
ADVISERS, AGREEMENTS, RETURNS = "advisers", "agreements", "returns"
SUBJECTS: Mapping[str, Label] = MappingProxyType(
    {
        ADVISERS: Label("中介机构", "advisers"),
        AGREEMENTS: Label("服务协议", "agreements with advisers"),
        RETURNS: Label("机构代编的申报", "returns that agencies prepared"),
    }
)
KIND, DISTRICT, AGENCY, SIZE = "kind", "district", "agency", "size"
STRATA: Mapping[str, Label] = MappingProxyType(
    {
        KIND: Label("按机构类别分层", "by kind of adviser"),
        DISTRICT: Label("按企业所在区县分层", "by district of the firm"),
        AGENCY: Label("按编制机构分层", "by agency"),
        SIZE: Label("按企业规模分层", "by size of the firm"),
    }
)
#: By what each can be drawn.
STRATA_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {ADVISERS: (KIND,), AGREEMENTS: (KIND, DISTRICT), RETURNS: (AGENCY, DISTRICT, SIZE)}
)
#: The least revenue of each size, in yuan: of industry, the largest part of these firms (国统字〔2017〕213号); staff is
#: not asked for.
SIZES: Mapping[str, int] = MappingProxyType(
    {"large": 400_000_000, "medium": 20_000_000, "small": 3_000_000, "micro": 0}
)
SIZE_NAMES: Mapping[str, Label] = MappingProxyType(
    {
        "large": Label("大型", "large"),
        "medium": Label("中型", "medium"),
        "small": Label("小型", "small"),
        "micro": Label("微型", "micro"),
        "unknown": Label("规模未知", "size unknown"),
    }
)
CLEAN, DIFFERENCES, TO_LIST = "clean", "differences", "to_list"
RESULTS: Mapping[str, Label] = MappingProxyType(
    {
        CLEAN: Label("未发现问题", "nothing found"),
        DIFFERENCES: Label("发现差异", "differences found"),
        TO_LIST: Label("列入负面清单", "put on the negative list"),
    }
)
