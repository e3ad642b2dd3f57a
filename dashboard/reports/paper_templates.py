"""Fill a template that an office can edit: a DOCX with fields such as {{发文单位}} and rows such as
{%tr for 企业 in 名单 %}.

The project's own stand in templates/ and are made by make_templates.py; an office puts its own under the same names
into a folder of its own. A field that nothing fills is refused, since a paper with a gap where a name should be is
worse than none.
"""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message

TEMPLATES = Path(__file__).parent / "templates"
KINDS = ("decision", "list", "opinion", "notice", "changes")
#: Of tutoring: what special_report_papers.py and visit_sheet_papers.py fill.
TUTORING_KINDS = ("special_report", "visit_sheet")


class WrongTemplate(ShownToPeople):
    """A template that cannot be filled."""


class _Unknown(StrictUndefined):
    """A field that nothing fills: its error says its name and nothing else."""

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)


def template_of(kind: str, own: Path | None) -> Path:
    """The template of a paper: the office's in its folder `own`, where it has one, or else the project's."""
    if own is not None and (own / f"{kind}.docx").is_file():
        return own / f"{kind}.docx"
    return TEMPLATES / f"{kind}.docx"


def filled(template: Path, fields: Mapping[str, Any], notice: str = "") -> bytes:
    """The template with its fields filled, as DOCX.

    `notice`: a line that stands above everything whatever the template says, empty for none. Texts lose what no paper
    can hold (control characters). Raises WrongTemplate for a file that is no DOCX, a field that is not among `fields`,
    or a mistake in its marks.
    """
    from docx.opc.exceptions import PackageNotFoundError
    from docxtpl import DocxTemplate

    environment = SandboxedEnvironment(undefined=_Unknown, autoescape=True)
    try:
        document = DocxTemplate(io.BytesIO(template.read_bytes()))
        unknown = document.get_undeclared_template_variables(environment, dict(fields))
        if unknown:
            raise _unknown_field(template, ", ".join(sorted(unknown)), fields)
        document.render(_plain(fields), environment)
    except UndefinedError as error:
        raise _unknown_field(template, str(error), fields) from error
    except TemplateError as error:
        text = N_("The template %(file)s has a mistake in one of its marks: %(why)s. Compare it with the one supplied.")
        raise WrongTemplate(Message(text, {"file": template.name, "why": str(error)})) from error
    except (zipfile.BadZipFile, PackageNotFoundError, KeyError, ValueError) as error:
        text = N_("%(file)s is no DOCX document. Save the template as .docx and name it again.")
        raise WrongTemplate(Message(text, {"file": template.name})) from error
    if notice:
        _stand_above(document.docx, notice)
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _unknown_field(template: Path, name: str, fields: Mapping[str, Any]) -> WrongTemplate:
    return WrongTemplate(
        Message(
            N_("The template %(file)s asks for %(field)s, which this paper has not. It has: %(known)s."),
            {"file": template.name, "field": name, "known": list(fields)},
        )
    )


def _plain(value: Any) -> Any:
    """The fields with every text on one line: a tab or a page break in a firm's name would become one on paper."""
    if isinstance(value, str):
        return "".join(letter if letter.isprintable() or letter == "　" else " " for letter in value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _stand_above(document: Any, notice: str) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt, RGBColor

    paragraph = document.add_paragraph()
    run = paragraph.add_run(notice)
    run.bold, run.font.size, run.font.color.rgb = True, Pt(12), RGBColor(0xC0, 0x00, 0x00)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    document.element.body.insert(0, paragraph._p)
