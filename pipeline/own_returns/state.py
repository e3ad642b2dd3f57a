"""How a firm's own return may stand: words alone, for whoever needs no database."""

from collections.abc import Mapping

from pipeline.language import Label

STATES: Mapping[str, Label] = {
    "draft": Label("草稿", "draft"),
    "sent": Label("已提交，待区县审核", "sent, waits for the district"),
    "passed": Label("区县已审核，待市局采用", "passed by the district, waits for the city"),
    "returned": Label("已退回修改", "given back"),
    "accepted": Label("已采用", "accepted"),
    "withdrawn": Label("已撤回", "withdrawn"),
}
#: A firm has at most one of a year that is not closed.
OPEN = ("draft", "sent", "passed")
#: It has left the firm, and was neither given back nor withdrawn.
HANDED_IN = ("sent", "passed", "accepted")
