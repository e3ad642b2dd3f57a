"""What firms and the bureau say to each other in the demo: messages, objections, and returns that firms hand in.

Nothing of it is accepted, so no figure of the city changes by it.
"""

from datetime import date, datetime
from io import BytesIO

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from pipeline import language
from pipeline.accounts import people
from pipeline.accounts.people import Person
from pipeline.demo_data import FILE_MARK
from pipeline.objections.subject import FIGURE, Subject
from pipeline.store.pool_tables import PoolMembership
from pipeline.store.tables import Account
from pipeline.store.tutoring_tables import FirmObjection, OwnReturn, WrittenMessage
from pipeline.tutoring.attachments.file_checks import CheckedFile, checked


def talk(engine: Engine, officer_name: str, firm_account: str, today: date, now: datetime) -> None:
    """Fill the rooms of one firm with an account, and of two firms of its pool; once."""
    with Session(engine) as session:
        if session.scalar(select(WrittenMessage.id).limit(1)):
            return
        officer, clerk = (_person(session, name) for name in (officer_name, firm_account))
    assert clerk.firm_id is not None
    with Session(engine) as session, session.begin():
        _write(session, officer, clerk, now)
    if not _holds(engine, FirmObjection):
        _object(engine, officer, clerk, today, now)
    if not _holds(engine, OwnReturn):
        _hand_in(engine, clerk, today, now)


def _person(session: Session, name: str) -> Person:
    return people.person_from(session.scalars(select(Account).where(Account.name == name)).one())


def _holds(engine: Engine, table: type[FirmObjection | OwnReturn]) -> bool:
    with Session(engine) as session:
        return session.scalar(select(table.id).limit(1)) is not None


def _write(session: Session, officer: Person, clerk: Person, now: datetime) -> None:
    from pipeline.messages import writing

    assert clerk.firm_id is not None
    for person, text in ((officer, _MESSAGES[0]), (clerk, _MESSAGES[1]), (officer, _MESSAGES[2])):
        writing.write(session, person, clerk.firm_id, text, now=now)


def _object(engine: Engine, officer: Person, clerk: Person, today: date, now: datetime) -> None:
    """The firm objects to two figures of its last year; one is answered."""
    from pipeline.objections import answering, objecting
    from pipeline.objections.stated_figures import stated_figures

    assert clerk.firm_id is not None
    with Session(engine) as session:
        stated = {one.fact: one for one in reversed(stated_figures(session, clerk, clerk.firm_id, today))}
    numbers = []
    for fact, unit, more, why in _OBJECTIONS:
        if fact in stated:
            right = str(round(stated[fact].value * more / unit))
            subject = Subject(FIGURE, fact=fact, year=stated[fact].year)
            proof = _proof(fact, stated[fact].year, right)
            numbers.append(
                objecting.object_to(engine, clerk, clerk.firm_id, subject, why, right, [proof], today=today, now=now)
            )
    if len(numbers) > 1:
        answering.answer(engine, officer, numbers[-1], False, _REFUSED, today=today, now=now)


def _proof(fact: str, year: int, value: str) -> CheckedFile:
    import openpyxl

    book, drawn = openpyxl.Workbook(), BytesIO()
    assert book.active is not None
    for row in (("虚构的证明材料", ""), (fact, value), ("年度", year)):
        book.active.append(row)
    book.save(drawn)
    return checked("证明材料（演示）.xlsx", drawn.getvalue())


def _hand_in(engine: Engine, clerk: Person, today: date, now: datetime) -> None:
    """The firm with an account has sent its return, a second one's was passed on, a third one's was given back."""
    from pipeline.own_returns import deciding, form_of_firm, handing_in

    boss = people.console(FILE_MARK)
    others = select(PoolMembership.firm_id).where(
        PoolMembership.left_on.is_(None), PoolMembership.firm_id != clerk.firm_id
    )
    year = form_of_firm.years(today)[0]
    with Session(engine) as session:
        more = list(session.scalars(others.order_by(PoolMembership.id).limit(2)))
        firms = [(clerk, clerk.firm_id), *((boss, firm) for firm in more)]
        forms = [
            form_of_firm.OwnForm(
                firm,
                year,
                f"自报-{year}.xlsx",
                form_of_firm.known_form(session, person, firm, year, language.CHINESE, today),
            )
            for person, firm in firms
            if firm is not None
        ]
    for (person, _firm), form, decided in zip(firms, forms, (None, deciding.pass_on, deciding.give_back), strict=False):
        number = handing_in.keep_draft(engine, person, form, today=today, now=now)
        with Session(engine) as session, session.begin():
            handing_in.send(session, person, number, now=now)
            if decided is not None:
                decided(session, boss, number, _NOTES[decided.__name__], now=now)


#: From the bureau, from the firm, from the bureau again: the last one the firm has not read yet.
_MESSAGES = (
    "请贵公司于本月内补充近三年审计报告，挂点干部下次走访时一并核对。",
    "已收到，审计报告下周寄出；另请协调厂房产权证办理进度。",
    "产权证事项已列入问题清单，由自然资源部门牵头，进展会在此告知。",
)
#: Fact, of how many base units one is asked for, how much more is the right value, and why; the last one is refused.
_OBJECTIONS = (
    ("rd_expense_cny", 10_000, 1.04, "研发费用漏计委托外部研发部分，以专项审计报告为准。"),
    ("staff", 1, 1.1, "年末职工人数应含子公司劳务人员。"),
)
_REFUSED = "职工人数以社保参保人数为准，劳务派遣人员不计入。"
_NOTES = {"pass_on": "与纳税申报表核对一致。", "give_back": "请补充研发费用专项审计报告后再报。"}
