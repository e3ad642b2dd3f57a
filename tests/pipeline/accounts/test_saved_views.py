"""Ways of looking at the list of firms: kept under a name, offered to a role, forgotten by who keeps them alone."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipeline.accounts import people, saved_views
from pipeline.accounts.saved_views import WrongView, delete_view, save_view, views_of
from pipeline.errors import NotAllowed, NotFound
from pipeline.store.tables import Account, AuditEntry
from tests.pipeline.pools.city import NOW


@pytest.fixture
def session(engine):
    about = {"password_hash": "-", "stamp": "-", "must_change": False, "created_at": NOW}
    with Session(engine) as session:
        session.add_all(
            Account(name=name, role=role, **about)
            for name, role in (("甲", "officer"), ("乙", "officer"), ("分析", "analyst"), ("挂点", "mentor"))
        )
        session.flush()
        yield session


ON_SQLITE_ALONE = True


def person(session, name):
    return people.person_from(session.scalar(select(Account).where(Account.name == name)))


def names(session, who):
    return [(view.name, view.mine) for view in views_of(session, person(session, who))]


@pytest.mark.both_databases
def test_a_view_keeps_what_leads_to_it_and_nothing_else_of_the_address(session):
    kept = save_view(session, person(session, "甲"), " 江海 金种子 ", "?pool=golden&sort=points.desc&evil=1", now=NOW)
    assert (kept.name, kept.query) == ("江海 金种子", "pool=golden&sort=points.desc")
    again = save_view(session, person(session, "甲"), "江海 金种子", "columns=broker", now=NOW)
    assert (again.id, again.query) == (kept.id, "columns=broker")
    assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["save_view", "save_view"]


def test_a_view_is_offered_to_everybody_of_its_role_and_to_nobody_else(session):
    save_view(session, person(session, "甲"), "只给自己", "pool=seed", now=NOW)
    save_view(session, person(session, "甲"), "给分析", "pool=seed", now=NOW, shared_with="analyst")
    save_view(session, person(session, "甲"), "给同事", "pool=seed", now=NOW, shared_with="officer")
    assert names(session, "甲") == [("只给自己", True), ("给分析", True), ("给同事", True)]
    assert names(session, "乙") == [("给同事", False)]
    assert names(session, "分析") == [("给分析", False)]
    assert names(session, "挂点") == []
    people.disable(session, "甲", by=people.console("-"), now=NOW)
    assert names(session, "乙") == [], "what a closed account offered is offered no more"


@pytest.mark.parametrize(
    ("name", "query", "role"),
    [(" ", "", None), ("名" * 61, "", None), ("大", f"search={'长' * 4_001}", None), ("给谁", "", "leader")],
)
def test_a_view_that_cannot_be_kept_is_refused(session, name, query, role):
    with pytest.raises(WrongView):
        save_view(session, person(session, "甲"), name, query, now=NOW, shared_with=role)
    assert names(session, "甲") == []


def test_a_mentor_shares_with_mentors_and_nobody_is_forgotten_by_another(session, monkeypatch):
    own = save_view(session, person(session, "挂点"), "我的企业", "", now=NOW, shared_with="mentor")
    with pytest.raises(NotAllowed):
        save_view(session, person(session, "挂点"), "给局里", "", now=NOW, shared_with="officer")
    with pytest.raises(NotFound):
        delete_view(session, person(session, "甲"), own.id, now=NOW)
    monkeypatch.setattr(saved_views, "MOST", 1)
    with pytest.raises(WrongView, match="1"):
        save_view(session, person(session, "挂点"), "第二个", "", now=NOW)
    delete_view(session, person(session, "挂点"), own.id, now=NOW)
    assert names(session, "挂点") == []


def test_the_console_keeps_no_views(session):
    with pytest.raises(WrongView):
        save_view(session, people.console("-"), "视图", "", now=NOW)
