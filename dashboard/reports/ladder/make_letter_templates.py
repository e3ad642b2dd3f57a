"""Make the templates of the letters about the ladder, so that they can be reviewed as text.

Run as python -m dashboard.reports.ladder.make_letter_templates. Set as the other papers are (make_templates.py); what
the law says of a certificate's term is 国科发火〔2016〕32号 article 9.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.shared import Pt

from dashboard.reports.make_templates import TITLE, TWO, body, line, page, run, signed
from dashboard.reports.paper_templates import TEMPLATES


def renewal() -> Any:
    return _letter(
        "关于做好高新技术企业认定准备的提示函",
        "{{信.企业名称}}：",
        (
            "据贵企业（统一社会信用代码{{信.统一社会信用代码}}）申报的资料，贵企业高新技术企业证书有效期至{{信.有效期至}}，"
            "距今{{信.剩余天数}}天。按照《高新技术企业认定管理办法》（国科发火〔2016〕32号）第九条，通过认定的高新技术企业"
            "资格自颁发证书之日起有效期为三年。需要继续享受高新技术企业政策的，请及时提出认定申请。",
            "{% if 信.条件 %}按截至{{截止日期}}掌握的数据对照认定条件，以下各项尚未满足或者缺少资料：{% else %}按截至"
            "{{截止日期}}掌握的数据对照认定条件，未发现不满足的条件。{% endif %}",
        ),
        "请核对上述数据。数据有误或者情况已有变化的，请更新申报资料。本函依据现有数据生成，不代替认定机构的审查结论。",
    )


def one_away() -> Any:
    return _letter(
        "关于申报“{{信.梯级}}”的提示函",
        "{{信.企业名称}}：",
        (
            "按截至{{截止日期}}掌握的贵企业（统一社会信用代码{{信.统一社会信用代码}}）数据，对照“{{信.梯级}}”的条件，"
            "贵企业仅差一项：",
        ),
        "请核对上述数据，并据此安排下一步工作。需要政策辅导的，请与所在县（市、区）主管部门或者我单位联系。本函依据现有数据"
        "生成，不代替主管部门的审查结论。",
    )


def renewal_en() -> Any:
    return _letter(
        "Your certificate as a high-tech enterprise will end",
        "{{信.企业名称}}",
        (
            "By your returns (unified social credit code {{信.统一社会信用代码}}) the certificate is valid until "
            "{{信.有效期至}}, {{信.剩余天数}} days from today. A certificate is valid for three years (Measures for "
            "the recognition of high-tech enterprises, 2016, article 9); please apply again in time.",
            "{% if 信.条件 %}By the figures known on {{截止日期}} these conditions are not met, or figures are missing:"
            "{% else %}By the figures known on {{截止日期}} no condition is found that is not met.{% endif %}",
        ),
        "Please check these figures and hand in what has changed. This letter follows from the data at hand and does "
        "not stand for the decision of the recognising body.",
    )


def one_away_en() -> Any:
    return _letter(
        "One condition away: {{信.梯级}}",
        "{{信.企业名称}}",
        (
            "By the figures of your firm (unified social credit code {{信.统一社会信用代码}}) known on {{截止日期}}, "
            "one condition alone is missing for “{{信.梯级}}”:",
        ),
        "Please check these figures and plan your next step; we are glad to advise. This letter follows from the data "
        "at hand and does not stand for the decision of the competent body.",
    )


#: What each template is called, and what makes it.
MADE: dict[str, Callable[[], Any]] = {
    "letter_renewal": renewal,
    "letter_one_away": one_away,
    "letter_renewal_en": renewal_en,
    "letter_one_away_en": one_away_en,
}


def _letter(title: str, to: str, before: Sequence[str], after: str) -> Any:
    """A letter a firm, each on a page of its own: title, whom it is to, texts, the conditions a line each, a last text,
    who signs."""
    document = page()
    line(document, "{%p for 信 in 信函 %}")
    head = line(document, "{% if not loop.first %}", TITLE, TWO, WD_ALIGN_PARAGRAPH.CENTER)
    head.paragraph_format.line_spacing = Pt(36)
    head.add_run().add_break(WD_BREAK.PAGE)
    run(head, f"{{% endif %}}{title}", TITLE, TWO)
    line(document, "")
    body(document, to, indent=False)
    for text in before:
        body(document, text)
    line(document, "{%p for 行 in 信.条件 %}")
    body(document, "· {{行}}")
    line(document, "{%p endfor %}")
    body(document, after)
    signed(document)
    line(document, "{%p endfor %}")
    return document


def write(folder: Path = TEMPLATES) -> None:
    for name, make in MADE.items():
        make().save(str(folder / f"{name}.docx"))


if __name__ == "__main__":
    write()
