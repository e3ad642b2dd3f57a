"""The thread of a firm: who writes and reads in it, what is new to whom, what was withdrawn, what the trail says."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit, people
from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed, NotFound
from pipeline.messages.read_marks import mark_read
from pipeline.messages.threads import file_of, thread_of, threads, unread
from pipeline.messages.writing import LONGEST, SECOND_CLICK, MessageNotPossible, withdraw, write
from pipeline.reminders.digest import digest, written
from pipeline.reminders.notices import notices
from pipeline.reminders.notices import unread as bell
from pipeline.store.attachment_tables import AttachedFile, Attachment
from pipeline.store.tables import Account, AuditEntry, Case
from pipeline.store.tutoring_tables import CaseLeader, MessageRead, WrittenMessage
from pipeline.tutoring import visits
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, JUNE_1, LI, LOTUS_CLERK, MAY_1, NOW, found
from tests.pipeline.tutoring.attachments.files import pdf, png

ON_SQLITE_ALONE = True
MENTOR, LEADER = Person(21, "挂点", Role.MENTOR), Person(22, "分管领导", Role.MENTOR)
BANYAN_CLERK = Person(23, "榕动", Role.ENTERPRISE, firm_id=BANYAN)
TAX = Person(16, "税务局科员", Role.DEPARTMENT, department="tax")
CONSOLE = people.console("root")
EVERYBODY = (CHEN, LI, JIANGHAI, LOTUS_CLERK, ANA, MENTOR, LEADER, BANYAN_CLERK, TAX)
LATER = NOW + 2 * SECOND_CLICK


def settle(engine: Engine) -> None:
    """Everybody has an account; 挂点 looks after Lotus, 分管领导 leads it; Banyan is Jianghai's, Kapok nobody's."""
    found(engine)
    with Session(engine) as session, session.begin():
        for one in EVERYBODY:
            about = {"role": str(one.role), "firm_id": one.firm_id, "district_code": one.district_code}
            session.add(
                Account(
                    id=one.id, name=one.name, **about, password_hash="-", stamp="-", must_change=False, created_at=NOW
                )
            )
        session.flush()
        session.add(Case(id=1, firm_id=LOTUS, opened_on=MAY_1, stage="nurture", stage_since=MAY_1, mentor_id=MENTOR.id))
        session.flush()
        session.add(
            CaseLeader(case_id=1, level="city", account_id=LEADER.id, name=LEADER.name, named_by="-", named_at=NOW)
        )
        session.flush()
        audit.seal_trail(session, CONSOLE, "what came by no program", NOW)


@pytest.fixture
def session(engine: Engine):
    settle(engine)
    with Session(engine) as session:
        yield session


def words(session, person, firm=LOTUS):
    return [one.text for one in thread_of(session, person, firm).messages]


def counts(session, person):
    found = unread(session, person)
    return found.threads, found.new_threads, found.new_messages


@pytest.mark.both_databases
def test_a_thread_is_written_read_counted_and_withdrawn_and_the_trail_has_no_word_of_it(session):
    first = write(session, CHEN, LOTUS, "  请补交\r\n章程  ", [checked("清单.pdf", pdf())], now=NOW)
    second = write(session, LOTUS_CLERK, LOTUS, "已寄出", [checked("回执.png", png())], now=NOW)
    write(session, JIANGHAI, BANYAN, "下周走访", now=NOW)
    thread = thread_of(session, MENTOR, LOTUS)
    assert [(one.text, one.written_by, one.role, one.new, one.mine) for one in thread.messages] == [
        ("请补交\n章程", "陈主任", "officer", True, False),
        ("已寄出", "莲芯", "enterprise", True, False),
    ]
    assert [[file.file_name for file in one.files] for one in thread.messages] == [["清单.pdf"], ["回执.png"]]
    # One's own is read; the analyst and the department reach none.
    assert {one.name: counts(session, one) for one in EVERYBODY} == {
        "陈主任": (2, 2, 2),
        "李科长": (2, 2, 3),
        "江海科长": (1, 0, 0),
        "莲芯": (1, 1, 1),
        "Ana": (0, 0, 0),
        "挂点": (1, 1, 2),
        "分管领导": (1, 1, 2),
        "榕动": (1, 1, 1),
        "税务局科员": (0, 0, 0),
    }
    assert counts(session, CONSOLE) == (2, 0, 0)
    told = [one for one in notices(session, LI, JUNE_1) if one.kind == "message"]
    assert {(one.firm_id, one.count, one.page) for one in told} == {
        (LOTUS, 2, f"/firm/{LOTUS}#messages"),
        (BANYAN, 1, f"/firm/{BANYAN}#messages"),
    }
    assert bell(session, LI, JUNE_1) == 2
    assert bell(session, LI, MAY_1) == 0, "not written yet"
    sent = written(digest(session, LI, JUNE_1), "zh_CN", None).text
    assert "未读留言：3" in sent
    assert "莲芯传感" in sent
    assert "已寄出" not in sent

    assert mark_read(session, LI, LOTUS, first.id, now=NOW)
    assert not mark_read(session, LI, LOTUS, first.id, now=NOW)
    assert counts(session, LI) == (2, 2, 2), "what came meanwhile is still new"
    assert [one.new for one in thread_of(session, LI, LOTUS).messages] == [False, True]
    assert mark_read(session, LI, LOTUS, second.id + 1, now=NOW), "the number of Banyan's is none of this thread"
    assert session.scalar(select(MessageRead.message_id)) == second.id
    assert bell(session, LI, JUNE_1) == 1
    listed = threads(session, LI)
    assert [(one.firm_id, one.unread, one.last_text) for one in listed] == [
        (BANYAN, 1, "下周走访"),
        (LOTUS, 0, "已寄出"),
    ]
    assert [one.firm_id for one in threads(session, LI, limit=1, offset=1)] == [LOTUS]

    third = write(session, LOTUS_CLERK, LOTUS, "银行流水见附件", [checked("回执.png", png())], now=NOW)
    (kept,) = thread_of(session, CHEN, LOTUS).messages[-1].files
    assert file_of(session, CHEN, kept.id)[1] == png()
    withdraw(session, LOTUS_CLERK, third.id, "发错了", now=NOW)
    gone = thread_of(session, CHEN, LOTUS).messages[-1]
    assert (gone.text, gone.files, gone.new, gone.withdrawn.by, gone.withdrawn.why) == (
        None,
        (),
        False,
        "莲芯",
        "发错了",
    )
    assert words(session, LOTUS_CLERK)[-1] == "银行流水见附件", "its writer's own words"
    for person in (CHEN, LOTUS_CLERK):
        with pytest.raises(NotFound):
            file_of(session, person, kept.id)
    assert [one.last_text for one in threads(session, CHEN) if one.firm_id == LOTUS] == ["已寄出"]
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.endswith("_message")).order_by(AuditEntry.id))
    told = [(one.person, one.action, one.subject, one.details) for one in entries]
    assert told[0] == (
        "陈主任",
        "write_message",
        f"message:{first.id}",
        {"firm_id": LOTUS, "letters": 6, "file_hashes": [attachments.sha256_of(pdf())]},
    )
    assert told[-1][1:] == ("withdraw_message", f"message:{third.id}", {"firm_id": LOTUS, "why": "发错了"})
    assert not any(word in str(told) for word in ("章程", "流水", "回执"))
    assert attachments.check_contents(session) == 2
    session.commit()
    audit.verify_all(session)
    session.execute(update(WrittenMessage.__table__).where(WrittenMessage.id == first.id).values(text="不必补交"))
    with pytest.raises(audit.BrokenAuditLog, match="留言"):
        audit.verify_all(session)


@pytest.mark.both_databases
def test_two_who_write_at_once_both_stand_in_the_order_of_their_numbers(engine):
    settle(engine)

    def one(turn: int) -> int:
        with Session(engine) as session, session.begin():
            who = (CHEN, LOTUS_CLERK, MENTOR, LI)[turn % 4]
            return write(session, who, LOTUS, f"第 {turn} 条", now=NOW).id

    with ThreadPoolExecutor(4) as pool:
        numbers = dict(enumerate(pool.map(one, range(12))))
    with Session(engine) as session:
        messages = thread_of(session, CHEN, LOTUS).messages
        assert [each.id for each in messages] == sorted(numbers.values())
        assert {each.id: each.text for each in messages} == {numbers[turn]: f"第 {turn} 条" for turn in range(12)}
        latest = thread_of(session, CHEN, LOTUS, latest=5)
        assert (latest.messages, latest.earlier) == (messages[-5:], True)
        assert latest.new == sum(each.new for each in messages) == 9
        assert not thread_of(session, CHEN, LOTUS, latest=12).earlier
        audit.verify_all(session)


def test_who_does_not_reach_a_firm_neither_reads_nor_writes_about_it(session):
    number = write(session, LOTUS_CLERK, LOTUS, "只给主管部门", [checked("表.pdf", pdf())], now=NOW).id
    (file,) = session.scalars(select(Attachment.id)).all()
    for person in (JIANGHAI, BANYAN_CLERK, ANA, TAX):
        with pytest.raises(NotAllowed):
            thread_of(session, person, LOTUS)
        with pytest.raises(NotAllowed):
            write(session, person, LOTUS, "插话", now=NOW)
        with pytest.raises(NotAllowed):
            mark_read(session, person, LOTUS, number, now=NOW)
        with pytest.raises((NotFound, NotAllowed)):
            withdraw(session, person, number, "删", now=NOW)
        with pytest.raises(NotFound):
            file_of(session, person, file)
    for person in (JIANGHAI, BANYAN_CLERK):
        assert threads(session, person) == []
    for person in (MENTOR, LEADER):
        assert words(session, person) == ["只给主管部门"]
        with pytest.raises(NotAllowed):
            write(session, person, KAPOK, "不归我管", now=NOW)
        assert file_of(session, person, file)[0].file_name == "表.pdf"
    session.get_one(Case, 1).closed_on = JUNE_1
    session.flush()
    for person in (MENTOR, LEADER):
        with pytest.raises(NotAllowed):
            thread_of(session, person, LOTUS)
    # The files of visits have ways of their own, on which none of a message goes out or is withdrawn.
    with pytest.raises(NotFound):
        attachments.content_of(session, CHEN, file)
    with pytest.raises(NotFound):
        attachments.withdraw(session, CHEN, file, "误传", now=NOW)


def test_only_its_writer_withdraws_a_message_once_and_with_a_reason(session):
    number = write(session, CHEN, LOTUS, "写错的话", now=NOW).id
    for person in (LI, LOTUS_CLERK, CONSOLE):
        with pytest.raises(NotAllowed, match="陈主任"):
            withdraw(session, person, number, "不合适", now=NOW)
    with pytest.raises(MessageNotPossible):
        withdraw(session, CHEN, number, " ", now=NOW)
    withdraw(session, CHEN, number, "写错", now=NOW)
    with pytest.raises(MessageNotPossible):
        withdraw(session, CHEN, number, "写错", now=NOW)
    with pytest.raises(NotFound):
        withdraw(session, CHEN, number + 1, "写错", now=NOW)
    (line,) = threads(session, LI)
    assert (line.last_text, line.last_by, line.unread, line.messages) == (None, None, 0, 1)
    assert bell(session, LI, JUNE_1) == 0
    assert write(session, CHEN, LOTUS, "写错的话", now=NOW), "what was withdrawn may be written anew"


def test_a_second_click_writes_nothing_and_the_same_words_may_come_again_later(session):
    write(session, CHEN, LOTUS, "请报送", now=NOW)
    with pytest.raises(MessageNotPossible, match="刚刚"):
        write(session, CHEN, LOTUS, "请报送 ", now=NOW + SECOND_CLICK)
    write(session, LI, LOTUS, "请报送", now=NOW)  # somebody else's
    write(session, CHEN, LOTUS, "请报送", now=NOW)  # an answer stands between
    write(session, CHEN, LOTUS, "请报送", [checked("表.pdf", pdf())], now=NOW)  # with a file
    write(session, CHEN, BANYAN, "请报送", now=NOW)
    write(session, CHEN, BANYAN, "请报送", now=NOW + SECOND_CLICK + timedelta(seconds=1))
    assert len(words(session, CHEN)) == 4
    assert len(words(session, CHEN, BANYAN)) == 2


@pytest.mark.parametrize("text", ["", " \n", "长" * (LONGEST + 1), "甲\x00乙", "甲\ud83d乙"])
def test_words_that_are_none_are_refused_and_nothing_is_kept(session, text):
    with pytest.raises(MessageNotPossible):
        write(session, CHEN, LOTUS, text, [checked("表.pdf", pdf())], now=NOW)
    for table in (WrittenMessage, Attachment, AttachedFile):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_the_longest_message_and_as_many_files_as_there_may_be(session):
    files = [checked(f"{number}.pdf", pdf(b"/N %d" % number)) for number in range(11)]
    with pytest.raises(MessageNotPossible, match="10"):
        write(session, CHEN, LOTUS, "长", files, now=NOW)
    number = write(session, CHEN, LOTUS, "长" * LONGEST, [*files[:10], files[0]], now=NOW).id
    assert number
    (seen,) = thread_of(session, LI, LOTUS).messages
    assert [one.file_name for one in seen.files] == [file.name for file in files[:10]], "the same one is kept once"
    with pytest.raises(visits.VisitNotPossible):  # the findings of a visit are held to the same
        visits.record_visit(session, CHEN, LOTUS, JUNE_1, "甲\x00乙", now=LATER)


def test_what_was_written_before_somebody_had_an_account_is_not_new_to_them(session):
    write(session, CHEN, LOTUS, "请补交章程", now=NOW)
    new, _password = people.add(session, "新同事", Role.OFFICER, by=CONSOLE, now=LATER)
    them = people.person_from(new)
    assert counts(session, them) == (1, 0, 0)
    assert words(session, them) == ["请补交章程"]
    write(session, LOTUS_CLERK, LOTUS, "已寄出", now=LATER)
    assert counts(session, them) == (1, 1, 1)


def test_an_auditor_reads_every_thread_and_none_is_new_to_them_and_a_firms_reader_reads_its_own(session):
    write(session, CHEN, LOTUS, "请补交章程", now=NOW)
    for name, role, firm, new in (("审计", Role.AUDITOR, None, 0), ("董办", Role.READER, LOTUS, 1)):
        account, _password = people.add(session, name, role, firm, by=CONSOLE, now=NOW)
        them = people.person_from(account)
        assert words(session, them) == ["请补交章程"]
        assert counts(session, them) == (1, new, new)
        with pytest.raises(NotAllowed):
            write(session, them, LOTUS, "收到", now=NOW)
