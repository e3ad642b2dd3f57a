"""Labels on firms: who puts, takes and reads them, and what is no label."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pipeline.accounts import audit
from pipeline.accounts.people import Person, Role
from pipeline.errors import NotAllowed
from pipeline.labels.firm_labels import WrongLabel, known_labels, labels_of, put, take
from pipeline.store.tables import Account, AuditEntry, Case, Firm
from pipeline.store.tutoring_tables import FirmLabel
from tests.cast import BANYAN, KAPOK, LOTUS
from tests.pipeline.pools.city import ANA, CHEN, JIANGHAI, LOTUS_CLERK, MAY_1, NOW, found

ON_SQLITE_ALONE = True
TAX = Person(16, "税务局科员", Role.DEPARTMENT, department="tax")
EVERY = (LOTUS, BANYAN, KAPOK)


@pytest.fixture
def session(engine):
    found(engine)
    with Session(engine) as session:
        yield session


def counts(session, person):
    return [(one.label, one.firms) for one in known_labels(session, person)]


@pytest.mark.both_databases
def test_a_label_stands_once_a_firm_until_it_is_taken_away_and_may_then_be_put_again(session):
    audit.touch(session, Firm, Firm.id.in_(EVERY))
    assert put(session, CHEN, [LOTUS, BANYAN, LOTUS], " 重点督办 ", NOW) == [LOTUS, BANYAN]
    assert put(session, CHEN, [BANYAN, KAPOK], "重点督办", NOW) == [KAPOK], "Banyan has it already"
    put(session, JIANGHAI, [BANYAN], "拟上北交所", NOW)
    assert labels_of(session, CHEN, EVERY) == {
        LOTUS: ["重点督办"],
        BANYAN: ["拟上北交所", "重点督办"],
        KAPOK: ["重点督办"],
    }
    assert counts(session, CHEN) == [("拟上北交所", 1), ("重点督办", 3)]
    assert take(session, CHEN, [LOTUS, KAPOK], "重点督办", NOW) == [LOTUS, KAPOK]
    with pytest.raises(WrongLabel, match="重点督办"):
        take(session, CHEN, [LOTUS], "重点督办", NOW)
    assert put(session, CHEN, [LOTUS], "重点督办", NOW) == [LOTUS]
    rows = session.execute(select(FirmLabel.put_by, FirmLabel.taken_by).where(FirmLabel.firm_id == LOTUS)).all()
    assert [tuple(row) for row in rows] == [("陈主任", "陈主任"), ("陈主任", None)], "the first stays on record"
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.endswith("_label")).order_by(AuditEntry.id))
    assert [(entry.action, entry.subject.removeprefix("firm:"), entry.details) for entry in entries] == [
        *(("put_label", firm, {"label": "重点督办"}) for firm in (LOTUS, BANYAN, KAPOK)),
        ("put_label", BANYAN, {"label": "拟上北交所"}),
        *(("take_label", firm, {"label": "重点督办"}) for firm in (LOTUS, KAPOK)),
        ("put_label", LOTUS, {"label": "重点督办"}),
    ]
    assert audit.verify_all(session)
    session.add(FirmLabel(firm_id=LOTUS, label="重点督办", put_by="-", put_at=NOW))
    with pytest.raises(IntegrityError):
        session.flush()


def test_labels_are_the_bureaus_alone_and_end_where_a_persons_firms_end(session):
    put(session, CHEN, EVERY, "领导关注", NOW)
    mentor = Account(id=21, name="挂点", role="mentor", password_hash="-", stamp="-", must_change=False, created_at=NOW)
    session.add(mentor)
    session.flush()
    session.add(Case(firm_id=KAPOK, opened_on=MAY_1, stage="nurture", stage_since=MAY_1, mentor_id=21))
    session.flush()
    stands_by = Person(21, "挂点", Role.MENTOR)
    for person, reads in (
        (CHEN, EVERY),
        (JIANGHAI, [BANYAN]),
        (stands_by, [KAPOK]),
        *((one, []) for one in (LOTUS_CLERK, ANA, TAX)),
    ):
        assert {firm for firm, labels in labels_of(session, person, EVERY).items() if labels} == set(reads), person.name
        assert counts(session, person) == ([("领导关注", len(reads))] if reads else []), person.name
    for person in (stands_by, LOTUS_CLERK, ANA, TAX):
        with pytest.raises(NotAllowed):
            put(session, person, [KAPOK], "别的", NOW)
    for change in (put, take):
        with pytest.raises(NotAllowed, match="江海科长"):
            change(session, JIANGHAI, [BANYAN, LOTUS], "领导关注", NOW)
    with pytest.raises(NotAllowed):
        put(session, CHEN, ["91440703MA00000000"], "领导关注", NOW)
    assert counts(session, CHEN) == [("领导关注", 3)]


@pytest.mark.parametrize(
    "label", ["", " \n", "长" * 31, "甲,乙", "甲，乙", "甲、乙", "甲;乙", "甲；乙", "甲\n乙", "甲\x00"]
)
def test_a_text_that_is_no_label_is_refused(session, label):
    with pytest.raises(WrongLabel):
        put(session, CHEN, [LOTUS], label, NOW)
    assert counts(session, CHEN) == []


def test_the_longest_label_is_put_and_no_firm_is_no_answer(session):
    put(session, CHEN, [LOTUS], "长" * 30, NOW)
    assert counts(session, CHEN) == [("长" * 30, 1)]
    with pytest.raises(WrongLabel):
        put(session, CHEN, [], "长", NOW)
