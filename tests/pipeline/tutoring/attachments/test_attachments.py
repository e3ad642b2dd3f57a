"""Files of visits: who attaches, reads and withdraws them, and whether they still are what was attached."""

import sqlite3

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import console
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.attachment_tables import AttachedFile, Attachment
from pipeline.store.database import engine_for
from pipeline.store.tables import AuditEntry
from pipeline.tutoring import cases, corrections, visits
from pipeline.tutoring.attachments import attachments
from pipeline.tutoring.attachments.attachments import AttachmentRefused, WrongAttachment
from pipeline.tutoring.attachments.file_checks import checked
from tests.cast import BANYAN, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LI, LOTUS_CLERK, MAY_1, MAY_20, NOW, found
from tests.pipeline.tutoring.attachments.files import jpg, pdf, png, word


def prepare(engine) -> int:
    """The number of a visit to Lotus, which is not in Jianghai."""
    found(engine)
    with Session(engine) as session, session.begin():
        for firm in (LOTUS, BANYAN):
            cases.open_case(session, CHEN, firm, MAY_1, now=NOW)
        number = visits.record_visit(session, CHEN, LOTUS, MAY_20, "产能满负荷", now=NOW).id
        audit.seal_trail(session, console(), "firms that came by no import", NOW)
        return number


def attach(session, visit, name="纪要.pdf", content=None, by=CHEN):
    return attachments.attach(session, by, visit, checked(name, content or pdf()), now=NOW)


def count(session, table) -> int:
    return session.scalar(select(func.count()).select_from(table))


def test_a_file_is_kept_given_out_and_withdrawn_and_the_trail_has_it(engine):
    visit, notes = prepare(engine), word()
    with Session(engine) as session, session.begin():
        kept = attach(session, visit, "../纪要.docx", notes)
        attach(session, visit, "现场.png", png(), by=LI)
    with Session(engine) as session:
        seen, content = attachments.content_of(session, LI, kept.id)
        assert (seen.file_name, seen.size, content) == ("纪要.docx", len(notes), notes)
        listed = attachments.attachments_of(session, CHEN, LOTUS)
        assert [(each.file_name, each.added_by) for each in listed] == [
            ("纪要.docx", "陈主任"),
            ("现场.png", "李科长"),
        ]
        assert attachments.attachments_of_visit(session, CHEN, visit) == listed
        assert attachments.check_contents(session) == 2
    with Session(engine) as session, session.begin():
        with pytest.raises(visits.VisitNotPossible):
            attachments.withdraw(session, CHEN, kept.id, " ", now=NOW)
        gone = attachments.withdraw(session, CHEN, kept.id, "传错文件", now=NOW)
        assert (gone.withdrawn.by, gone.withdrawn.why) == ("陈主任", "传错文件")
        with pytest.raises(AttachmentRefused):
            attachments.withdraw(session, CHEN, kept.id, "再撤", now=NOW)
        with pytest.raises(NotFound):
            attachments.content_of(session, CHEN, kept.id)
    with Session(engine) as session:
        assert len(attachments.attachments_of(session, CHEN, LOTUS)) == 2  # it stays on record
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"visit:{visit}")).all()
        assert actions == ["record_visit", "attach_file", "attach_file", "withdraw_attachment"]
        audit.verify_all(session)
    with engine.begin() as connection:
        connection.execute(update(Attachment).values(file_name="other.pdf"))
    with Session(engine) as session, pytest.raises(audit.BrokenAuditLog):
        audit.verify_all(session)


def test_neither_a_firm_nor_another_district_nor_who_may_only_look_gets_a_file(sqlite_engine):
    visit = prepare(sqlite_engine)
    with Session(sqlite_engine) as session, session.begin():
        kept = attach(session, visit)
        for person in (LOTUS_CLERK, JIANGHAI, ANA):
            with pytest.raises(NotFound):
                attachments.content_of(session, person, kept.id)
            with pytest.raises(NotFound):
                attachments.attachments_of_visit(session, person, visit)
            with pytest.raises((NotAllowed, NotFound)):
                attach(session, visit, "现场.jpg", jpg(), by=person)
            with pytest.raises((NotAllowed, NotFound)):
                attachments.withdraw(session, person, kept.id, "不要", now=NOW)
        assert attachments.attachments_of(session, LOTUS_CLERK, LOTUS) == []
        with pytest.raises(NotAllowed):
            attachments.attachments_of(session, JIANGHAI, LOTUS)


def test_what_is_refused_leaves_nothing(sqlite_engine):
    visit = prepare(sqlite_engine)
    with Session(sqlite_engine) as session, session.begin():
        attach(session, visit, "a.pdf")
        with pytest.raises(AttachmentRefused, match="已作为"):  # the same once more, under another name
            attach(session, visit, "b.pdf")
        for number in range(attachments.MOST_FILES - 1):
            attach(session, visit, f"{number}.pdf", pdf(b"/N %d" % number))
        with pytest.raises(AttachmentRefused, match="10"):
            attach(session, visit, "eleventh.jpg", jpg())
        other = visits.record_visit(session, CHEN, BANYAN, MAY_20, "误录", now=NOW).id
        attach(session, other, "a.pdf")
        assert (count(session, Attachment), count(session, AttachedFile)) == (11, 10)  # the same bytes once
        corrections.withdraw_visit(session, CHEN, other, "误录", now=NOW)
        with pytest.raises(visits.VisitNotPossible):
            attach(session, other, "d.jpg", jpg())
        with pytest.raises(NotFound):
            attach(session, 99)


def test_a_kill_between_bytes_and_row_leaves_neither_and_the_file_can_come_again(engine):
    visit = prepare(engine)

    class Killed(BaseException):
        pass

    def kill(_connection, _cursor, statement, *_more):
        if statement.startswith("INSERT INTO attachment "):
            raise Killed

    event.listen(engine, "before_cursor_execute", kill)
    with pytest.raises(Killed), Session(engine) as session, session.begin():
        attach(session, visit)
    event.remove(engine, "before_cursor_execute", kill)
    with Session(engine) as session, session.begin():
        assert (count(session, Attachment), count(session, AttachedFile)) == (0, 0)
        attach(session, visit)
        assert count(session, AttachedFile) == 1


def test_bytes_that_were_changed_are_told_and_a_backup_or_the_file_anew_mends_them(sqlite_engine, tmp_path):
    visit = prepare(sqlite_engine)
    with Session(sqlite_engine) as session, session.begin():
        kept = attach(session, visit)
    backup = tmp_path / "backup.sqlite"
    with sqlite3.connect(sqlite_engine.url.database) as live, sqlite3.connect(backup) as copy:
        live.backup(copy)
    with sqlite_engine.begin() as connection:
        connection.execute(update(AttachedFile).values(content=pdf() + b" "))
    with Session(sqlite_engine) as session, session.begin():
        audit.verify_all(session)  # the rows are as the trail says: the hash stands there
        with pytest.raises(WrongAttachment, match="纪要"):
            attachments.content_of(session, CHEN, kept.id)
        with pytest.raises(WrongAttachment, match="纪要"):
            attachments.check_contents(session)
        attachments.withdraw(session, CHEN, kept.id, "损坏", now=NOW)
        anew = attach(session, visit)
        assert attachments.content_of(session, CHEN, anew.id)[1] == pdf()
        assert attachments.check_contents(session) == 1
    restored = engine_for(f"sqlite:///{backup}")
    with Session(restored) as session:
        assert attachments.content_of(session, console(), kept.id)[1] == pdf()
        assert attachments.check_contents(session) == 1
    restored.dispose()
