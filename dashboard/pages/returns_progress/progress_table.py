"""The progress of returns as a table, a row a firm, for a workbook or a CSV, and how its words are written on the page.

progress_table.py ──► page.py, files.py
"""

from sqlalchemy.orm import Session

from dashboard.components import amounts, terms
from dashboard.reports.pool_workbooks import Sheet, workbook
from pipeline import demo_data, language
from pipeline.accounts import people
from pipeline.accounts.audit import today as city_day
from pipeline.accounts.people import Action, Person
from pipeline.collecting.progress import STATES, Conditions, FirmLine, district_lines, firm_lines
from pipeline.errors import ShownToPeople
from pipeline.intake.storing.findings import csv_of
from pipeline.language import N_, Message
from pipeline.language import gettext as _

FORMS = ("xlsx", "csv")


class WrongForm(ShownToPeople):
    """A file that cannot be written as its name says."""


def heads() -> list[str]:
    return [
        _("Firm"),
        _("Credit code"),
        _("District"),
        _("Pool"),
        _("State"),
        _("Handed in"),
        _("Import"),
        _("File"),
        _("Open findings"),
        _("Whom to call"),
        _("Unit"),
        _("Phone"),
        _("Account"),
        _("Mentor"),
        _("The mentor's phone"),
        _("Reminded on"),
    ]


def firm_table(session: Session, person: Person, chosen: Conditions) -> Sheet:
    """Every firm that fits, whom to call first. Raises NotAllowed for who may not export."""
    people.require(person, Action.EXPORT)
    rows = [
        [
            line.name or line.firm_id,
            line.firm_id,
            terms.district(line.district_code),
            terms.pool(line.pool) if line.pool else "",
            language.pick(STATES[line.state]),
            None if line.handed_in_at is None else city_day(line.handed_in_at),
            line.import_id,
            line.file,
            line.open_findings,
            line.contact,
            line.unit,
            line.phone,
            line.account,
            line.mentor,
            line.mentor_phone,
            None if line.asked_at is None else city_day(line.asked_at),
        ]
        for line in firm_lines(session, person, chosen)
    ]
    return _("Returns of %(year)s", year=chosen.year), heads(), rows


def district_table(session: Session, person: Person, chosen: Conditions) -> Sheet:
    """A count a district."""
    rows = [
        [
            terms.district(line.district_code),
            line.expected,
            line.handed_in,
            line.missing,
            line.odd,
            line.more,
            line.share,
        ]
        for line in district_lines(session, person, chosen)
    ]
    return _("By district"), [*district_heads(), _("Share")], rows


def as_file(session: Session, person: Person, chosen: Conditions, form: str) -> bytes:
    """A row a firm, as one of FORMS; the workbook has the districts side by side on a sheet of its own. Raises
    NotAllowed, and WrongForm for another form."""
    if form not in FORMS:
        raise WrongForm(Message(N_("Name a file that ends in .xlsx or .csv.")))
    firms, districts = firm_table(session, person, chosen), district_table(session, person, chosen)
    if form == "csv":
        return csv_of(firms[1], firms[2])
    return workbook([firms, districts], demo_data.holds_demo_firms(session))


def district_heads() -> list[str]:
    return [
        _("District"),
        _("To hand in"),
        _("Handed in"),
        _("Not handed in"),
        _("With findings"),
        _("For the first time"),
    ]


def share(value: float | None) -> str:
    return "–" if value is None else amounts.share(value)


def whom_to_call(line: FirmLine) -> str:
    """Who speaks for the firm, with the phone; else who looks after it, said to be the mentor; else nobody."""
    if line.phone or line.contact:
        return " · ".join(filter(None, (line.contact or line.account, line.unit, line.phone)))
    if line.mentor:
        mentor = " ".join(filter(None, (line.mentor, line.mentor_phone)))
        return language.headed(_("Mentor"), mentor)
    return line.account or ""
