"""On the command line: who waits with an account of the city is bound and unbound, and a lost phone is forgotten."""

import json
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

import cli
from pipeline.accounts import audit, outside_accounts, people, second_step
from pipeline.accounts.outside_accounts import Identity
from pipeline.store.database import engine_for
from tests.cast import NOW


def test_an_account_is_bound_unbound_and_opened_without_the_phone(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("GOLDSEED_DB_URL", sqlite_url)
    monkeypatch.setenv("GOLDSEED_MODELS", str(tmp_path / "models"))
    engine = engine_for(sqlite_url)
    with Session(engine) as session, session.begin():
        account, _password = people.add(session, "李雷", "officer", by=people.console(), now=NOW)
        outside_accounts.come_in(session, Identity("https://sso.city.cn", "s-1", "李雷"), now=NOW)
        me = people.person_from(account)
        phone = pyotp.TOTP(second_step.begin(session, me, key="k").secret)
        second_step.confirm(session, me, phone.at(NOW), key="k", now=NOW)

    def said(*arguments: str) -> object:
        done = CliRunner().invoke(cli.goldseed, ["people", *arguments, "--json"])
        return json.loads(done.stdout) if done.exit_code == 0 else done.exception

    (waits,) = said("waiting")
    assert (waits["number"], waits["shown_name"], waits["role"]) == (1, "李雷", None)
    (listed,) = said("list")
    assert (listed["second_step"], listed["bound"]) == (True, False)
    assert said("bind", "李雷", "--waiting", "1") == {"name": "李雷", "bound": True}
    assert isinstance(said("bind", "李雷", "--waiting", "1"), Exception)
    assert (said("waiting"), said("list")[0]["bound"]) == ([], True)
    assert said("no-second-step", "李雷") == {"name": "李雷", "second_step": False}
    assert said("unbind", "李雷") == {"name": "李雷", "bound": False}
    assert isinstance(said("unbind", "李雷"), Exception)
    with Session(engine) as session:
        audit.verify_all(session)
    engine.dispose()
