"""Letters about the ladder as DOCX, from a template of each kind and language, a letter a firm.

Ladder ──► renewal_letters, one_away_letters ──► letters_docx
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dashboard.reports import paper_templates
from dashboard.reports.pool_papers import Office, in_words
from pipeline import demo_data
from pipeline.ladder.calendar import Due
from pipeline.ladder.in_words import district_name
from pipeline.ladder.ladder import Ladder, Near
from pipeline.ladder.rungs import rungs
from pipeline.language import CHINESE, Label, pick, speaking
from pipeline.language import gettext as _
from pipeline.wording.short_text import shortened

RENEWAL, ONE_AWAY = "renewal", "one_away"
KINDS = (RENEWAL, ONE_AWAY)
_NAME, _CONDITION = 70, 300


@dataclass(frozen=True)
class Letter:
    """`rung`: which it is about; `expires_on`: the certificate's last day, None where none ends; `conditions`: what is
    missing or not known, with figures and lines."""

    kind: str
    firm_id: str
    name: str
    district: str
    rung_id: str
    rung: Label
    expires_on: date | None
    conditions: Sequence[Label]


def renewal_letters(found: Ladder, month: str | None = None) -> list[Letter]:
    """A letter for each certificate that ends within 12 months, or in one month (2026-11) alone."""
    return [_renewal(each) for each in found.due if month in (None, each.month)]


def one_away_letters(found: Ladder, rung: str | None = None) -> list[Letter]:
    """A letter for each firm that lacks one condition of a rung; of one rung alone where it is named."""
    return [_one_away(each) for each in found.near if each.condition is not None and rung in (None, each.rung)]


def _renewal(due: Due) -> Letter:
    rung = rungs()["hnte"].name
    return Letter(RENEWAL, due.firm_id, due.name, due.district, "hnte", rung, due.expires_on, due.gaps)


def _one_away(near: Near) -> Letter:
    assert near.condition is not None
    return Letter(
        ONE_AWAY, near.firm_id, near.name, near.district, near.rung, rungs()[near.rung].name, None, [near.condition]
    )


def file_name(letter: Letter) -> str:
    """What the file of one letter is called: no two firms, and no two rungs of one firm, the same."""
    about = "" if letter.kind == RENEWAL else f"-{letter.rung_id}"
    return f"{letter.kind}{about}-{letter.firm_id.replace(':', '-')}.docx"


def letters_docx(
    letters: Sequence[Letter], known_on: date, today: date, office: Office, language: str, made_up: bool
) -> bytes:
    """Letters of one kind as one DOCX, each on a page of its own, in this language. `known_on`: the day by whose
    figures; `today`: the letters' own. Raises WrongTemplate, and ValueError for no letter."""
    (kind,) = {each.kind for each in letters}
    with speaking(language):
        ending = "" if language == CHINESE else "_en"
        file = paper_templates.template_of(f"letter_{kind}{ending}", office.templates)
        notice = _(demo_data.NOTICE) if made_up else ""
        return paper_templates.filled(file, fields_of(letters, known_on, today, office, language), notice)


def fields_of(letters: Sequence[Letter], known_on: date, today: date, office: Office, language: str) -> dict[str, Any]:
    """Everything that a template of the letters can ask for, by its name."""
    day = in_words if language == CHINESE else date.isoformat
    return {
        "发文单位": office.name or "",
        "成文日期": day(today),
        "截止日期": day(known_on),
        "信函": [
            {
                "企业名称": shortened(each.name, _NAME),
                "统一社会信用代码": each.firm_id,
                "所在区县": district_name(each.district),
                "梯级": pick(each.rung),
                "有效期至": "" if each.expires_on is None else day(each.expires_on),
                "剩余天数": "" if each.expires_on is None else str((each.expires_on - today).days),
                "条件": [shortened(pick(condition), _CONDITION) for condition in each.conditions],
            }
            for each in letters
        ],
    }
