"""Signing in with an account of the city: who is let in, who waits, and who is refused."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.app import create_app
from dashboard.web.city_accounts.providers import DingTalk, WeCom
from pipeline.accounts import audit, invitations, outside_accounts, people
from pipeline.accounts.outside_accounts import Identity
from pipeline.settings import Settings, WrongSetting, from_environment
from pipeline.store.tables import Account, AuditEntry
from tests.dashboard import city
from tests.dashboard.conftest import Visitor
from tests.dashboard.web import provider as providers
from tests.dashboard.web.provider import CLIENT, CODE, SECRET, Provider, provider_here
from tests.dashboard.web.test_second_step import code, next_code, turned_on

CONSOLE = people.console()
Board = Callable[..., Any]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with provider_here() as known:
        yield known


@pytest.fixture(autouse=True)
def as_it_was(provider: Provider) -> None:
    provider.claims, provider.signer, provider.corp, provider.errcode = {}, provider.key, "ding-city", 0
    provider.seen.clear()


@pytest.fixture
def board(settings: Settings, provider: Provider) -> Iterator[Board]:
    made: list[Any] = []

    def build(**more: str) -> Any:
        given = {
            "GOLDSEED_OIDC_ISSUER": provider.address,
            "GOLDSEED_OIDC_CLIENT": CLIENT,
            "GOLDSEED_OIDC_SECRET": SECRET,
            "GOLDSEED_OIDC_CLAIM": "groups",
            "GOLDSEED_OIDC_ROLES": "leads=officer;stands-by=mentor:440703;firms=enterprise",
            **more,
        }
        read = from_environment(given)
        asked = {"providers": read.providers, "trusted_header": read.trusted_header, "proxies": read.proxies}
        made.append(create_app(replace(settings, **asked, bound_passwords=read.bound_passwords)))
        return made[-1]

    yield build
    for each in made:
        each.server.extensions["goldseed"].engine.dispose()


def database(app: Any) -> Session:
    return Session(app.server.extensions["goldseed"].engine)


def visitor(app: Any) -> Visitor:
    return Visitor(app, app.server.test_client())


def brought_back(app: Any, provider: Provider, kind: str = "oidc", came: Visitor | None = None, **how: str) -> Any:
    """Begin at the board, sign in at the provider, and come back."""
    came = came or visitor(app)
    begun = came.get(f"/sign-in/city/{kind}{how.pop('behind', '')}")
    assert begun.status_code == 303
    return came.get(f"/sign-in/city/{kind}/back?{provider.authorize(begun.location, **how)}")


def bound(app: Any, name: str = city.ANALYST, issuer: str = "", subject: str = "s-1") -> None:
    with database(app) as session, session.begin():
        waits = outside_accounts.come_in(session, Identity(issuer, subject), now=city.NOW)
        outside_accounts.bind(session, name, waits.number, by=CONSOLE, now=city.NOW)


def test_a_bound_account_is_let_in_to_the_page_it_asked_for_and_out_again(board: Board, provider: Provider):
    app = board()
    page = visitor(app).get("/sign-in?next=/firms").text
    assert "用政务账号登录" in page
    assert "/sign-in/city/oidc?next=%2Ffirms" in page
    assert visitor(app).get("/sign-in/city/wecom").status_code == 404
    bound(app, issuer=provider.address)
    came = visitor(app)
    begun = came.get("/sign-in/city/oidc?next=/firms")
    back = provider.authorize(begun.location)
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.asked["redirect_uri"].endswith("/sign-in/city/oidc/back")
    assert came.get(f"/sign-in/city/oidc/back?{back}").location == "/firms"
    assert came.get("/firms").status_code == 200
    assert came.get(f"/sign-in/city/oidc/back?{back}").status_code == 401  # once
    assert came.post("/sign-out").location == "/sign-in"
    assert came.get("/firms").status_code == 302
    with database(app) as session:
        acts = session.execute(select(AuditEntry.action, AuditEntry.details).order_by(AuditEntry.id)).all()
        assert [act.details.get("with") for act in acts if act.action == "sign_in"] == ["oidc"]
        assert "s-1" not in str(acts)
        audit.verify_all(session)


def test_nobody_is_let_in_with_what_does_not_hold(board: Board, provider: Provider, caplog: pytest.LogCaptureFixture):
    app, now = board(), int(time.time())
    bound(app, issuer=provider.address)
    other = RSAKey.generate_key(2048, parameters={"kid": "one"}, private=True)
    caplog.set_level(logging.DEBUG)
    for claims in (
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another"},
        {"aud": ["another"], "azp": CLIENT},
        {"iss": "https://elsewhere.example"},
        {"iat": now - 900, "exp": now - 600},
        {"sub": ""},
        {"sub": 7},
    ):
        provider.claims = claims
        answer = brought_back(app, provider)
        assert (answer.status_code, "凭证无效" in answer.text) == (401, True), claims
    provider.claims, provider.signer = {}, other
    assert brought_back(app, provider).status_code == 401
    provider.signer = provider.key
    assert brought_back(app, provider, code="another").status_code == 401
    came = visitor(app)
    begun = came.get("/sign-in/city/oidc")
    provider.seen.clear()
    for back in (
        provider.authorize(begun.location).replace("state=", "state=x"),
        f"code={CODE}",
        f"code={CODE}&state=",
    ):
        assert came.get(f"/sign-in/city/oidc/back?{back}").status_code == 401, back
    assert visitor(app).get(f"/sign-in/city/oidc/back?{provider.authorize(begun.location)}").status_code == 401
    assert provider.seen == []  # a forged state is refused before the provider is asked
    refused = visitor(app)
    state = provider.authorize(refused.get("/sign-in/city/oidc").location).partition("state=")[2]
    assert "未予放行" in refused.get(f"/sign-in/city/oidc/back?error=access_denied&state={state}").text
    assert CODE not in caplog.text
    assert SECRET not in caplog.text
    assert brought_back(app, provider).status_code == 303


def test_a_provider_that_does_not_answer_is_told_in_both_languages(board: Board):
    app = board(GOLDSEED_OIDC_ISSUER="http://127.0.0.1:9")
    answer = visitor(app).get("/sign-in/city/oidc")
    assert (answer.status_code, "没有应答" in answer.text) == (502, True)
    english = visitor(app)
    english.client.set_cookie("goldseed_language", "en")
    assert "does not answer" in english.get("/sign-in/city/oidc").text


def test_whom_nobody_has_bound_waits_under_a_number_whatever_their_name(board: Board, provider: Provider):
    app = board()
    provider.claims = {"name": city.OFFICER, "email": "lin@city.cn", "groups": ["leads"]}
    for _ in range(2):
        answer = brought_back(app, provider)
        assert (answer.status_code, "编号 1" in answer.text, "业务人员" in answer.text) == (403, True, True)
    with database(app) as session, session.begin():
        (waits,) = outside_accounts.waiting(session)
        assert (waits.shown_name, waits.asked_role) == (city.OFFICER, "officer")
        by = people.person_from(people.named(session, city.OFFICER))
        with pytest.raises(people.WrongAccount):  # an analyst's account: two sign
            outside_accounts.bind(session, city.ANALYST, waits.id, by=by, now=city.NOW)
        with pytest.raises(people.WrongAccount):  # one's own
            outside_accounts.bind(session, city.OFFICER, waits.id, by=by, now=city.NOW)
        second = city.DISTRICT_OFFICER
        outside_accounts.bind(session, city.ANALYST, waits.id, by=by, now=city.NOW, approved_by=second)
        assert people.given_password_by(session, city.ANALYST) == city.OFFICER  # who does not sign beside them now
    assert brought_back(app, provider).status_code == 303
    with database(app) as session, session.begin():
        people.disable(session, city.ANALYST, by=CONSOLE, now=city.NOW)
    assert "已停用" in brought_back(app, provider).text
    with database(app) as session, session.begin():
        outside_accounts.unbind(session, city.ANALYST, by=CONSOLE, now=city.NOW)
        audit.verify_all(session)
    assert brought_back(app, provider).status_code == 403


def test_the_provider_s_word_opens_accounts_that_need_no_second_person_and_no_others(board: Board, provider: Provider):
    app = board()
    provider.claims = {"sub": "s-2", "groups": ["staff", "stands-by"], "name": city.OFFICER}
    assert brought_back(app, provider).status_code == 303
    with database(app) as session:
        opened = session.scalars(select(Account).order_by(Account.id.desc())).first()
        assert (opened.name, opened.role, opened.district_code) == (f"{city.OFFICER} 2", "mentor", "440703")
    for groups in (["firms"], ["staff"], "leads", None):
        provider.claims = {"sub": f"s-{groups}", "groups": groups}
        assert brought_back(app, provider).status_code == 403, groups
    provider.claims = {"sub": "s-2", "groups": ["leads"]}  # another word later changes nothing
    assert brought_back(app, provider).status_code == 303
    with database(app) as session:
        assert people.named(session, f"{city.OFFICER} 2").role == "mentor"
        assert len(outside_accounts.waiting(session)) == 4


def test_an_invitation_is_accepted_with_the_city_s_account_once(board: Board, provider: Provider):
    app = board()
    with database(app) as session, session.begin():
        token = invitations.invite(session, city.ENTERPRISE, by=CONSOLE, now=city.NOW + timedelta(days=3650))
    assert f"/invitation/{token}/with/oidc" in visitor(app).get(f"/invitation/{token}").text
    assert visitor(app).get(f"/invitation/{token[:-1]}x/with/oidc").status_code == 404
    came = visitor(app)
    begun = came.get(f"/invitation/{token}/with/oidc")
    assert token not in begun.location
    assert came.get(f"/sign-in/city/oidc/back?{provider.authorize(begun.location)}").location == "/"
    assert visitor(app).get(f"/invitation/{token}").status_code == 404
    assert brought_back(app, provider).location == "/"
    with database(app) as session:
        audit.verify_all(session)


def test_a_password_opens_a_bound_account_unless_the_setting_says_no_and_a_code_is_asked_all_the_same(
    board: Board, provider: Provider
):
    app = board(GOLDSEED_BOUND_PASSWORDS="no")
    bound(app, issuer=provider.address)
    assert "不能使用密码" in visitor(app).sign_in(city.ANALYST).text
    assert visitor(app).sign_in(city.OFFICER).status_code == 303
    phone, _codes = turned_on(app, city.ANALYST)
    came = visitor(app)
    assert brought_back(app, provider, came=came).location == "/sign-in/code"
    assert came.get("/firms").status_code == 302
    assert code(came, next_code(phone)).status_code == 303
    assert came.get("/firms").status_code == 200


def test_a_header_is_believed_from_the_named_proxy_alone(board: Board, caplog: pytest.LogCaptureFixture):
    trusted = {"GOLDSEED_TRUSTED_HEADER": "X-City-User", "GOLDSEED_TRUSTED_HEADER_FROM": "10.0.0.0/30"}
    app = board(**trusted, GOLDSEED_PROXIES="1")
    bound(app, issuer="proxy", subject="hemin")
    ours, stranger = {"REMOTE_ADDR": "10.0.0.2"}, {"REMOTE_ADDR": "10.0.0.9"}

    def get(path: str, where: dict[str, str], **headers: str) -> Any:
        return visitor(app).client.get(path, environ_base=where, headers={"X-Forwarded-For": "10.0.0.2", **headers})

    said = {"X-City-User": "hemin"}
    assert get("/sign-in/proxy", ours, **said).status_code == 303
    assert "统一认证" in get("/sign-in", ours, **said).text
    assert get("/sign-in/proxy", ours).status_code == 404
    assert caplog.records == []
    assert get("/sign-in/proxy", stranger, **said).status_code == 404
    assert "X-City-User from 10.0.0.9 is ignored" in caplog.text
    assert "统一认证" not in get("/sign-in", stranger, **said).text
    assert get("/sign-in/proxy", ours, **{"X-City-User": "somebody"}).status_code == 403
    assert get("/firms", ours, **said).status_code == 302  # a header opens no page by itself


def test_wecom_and_dingtalk_stand_beside_it(board: Board, provider: Provider):
    app = board(
        GOLDSEED_WECOM_SIGN_IN_ISSUER=provider.address,
        GOLDSEED_WECOM_SIGN_IN_CLIENT=CLIENT,
        GOLDSEED_WECOM_SIGN_IN_AGENT="1000002",
        GOLDSEED_WECOM_SIGN_IN_SECRET=SECRET,
        GOLDSEED_DINGTALK_SIGN_IN_ISSUER=provider.address,
        GOLDSEED_DINGTALK_SIGN_IN_CLIENT=CLIENT,
        GOLDSEED_DINGTALK_SIGN_IN_CORP="ding-city",
        GOLDSEED_DINGTALK_SIGN_IN_SECRET=SECRET,
        GOLDSEED_DINGTALK_SIGN_IN_WORDS="用粤政易登录",
    )
    page = visitor(app).get("/sign-in").text
    assert ("用企业微信登录" in page, "用粤政易登录" in page) == (True, True)
    bound(app, issuer=f"wecom:{CLIENT}", subject="HeMin")
    bound(app, issuer="dingtalk:ding-city", subject="union-1")
    for kind in ("wecom", "dingtalk"):
        assert brought_back(app, provider, kind).status_code == 303, kind
        assert brought_back(app, provider, kind, code="another").status_code == 401, kind
        assert visitor(app).get(f"/sign-in/city/{kind}/back?code={CODE}&state=x").status_code == 401, kind
    provider.corp, provider.errcode = "somebody-else", 60020
    assert "不是本市的组织" in brought_back(app, provider, "dingtalk").text
    assert brought_back(app, provider, "wecom").status_code == 401


def test_unset_the_vendors_own_addresses_are_meant():
    wecom = {"GOLDSEED_WECOM_SIGN_IN_CLIENT": "ww1", "GOLDSEED_WECOM_SIGN_IN_AGENT": "7"}
    ding = {"GOLDSEED_DINGTALK_SIGN_IN_CLIENT": "d1", "GOLDSEED_DINGTALK_SIGN_IN_CORP": "c"}
    secret = {"GOLDSEED_WECOM_SIGN_IN_SECRET": SECRET, "GOLDSEED_DINGTALK_SIGN_IN_SECRET": SECRET}
    of_wecom, of_dingtalk = from_environment(wecom | ding | secret).providers
    begun = WeCom(of_wecom).begin("https://b.cn/back", "s")
    assert begun.startswith("https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=ww1&agentid=7")
    begun = DingTalk(of_dingtalk).begin("https://b.cn/back", "s")
    assert begun.startswith(
        "https://login.dingtalk.com/oauth2/auth?client_id=d1&response_type=code&scope=openid+corpid"
    )
    assert SECRET not in begun


@pytest.mark.parametrize(
    "given",
    [
        {"GOLDSEED_OIDC_ISSUER": "https://sso.city.cn"},
        {"GOLDSEED_OIDC_ISSUER": "http://sso.city.cn", "GOLDSEED_OIDC_CLIENT": "g", "GOLDSEED_OIDC_SECRET": "s3cret"},
        {"GOLDSEED_DINGTALK_SIGN_IN_CLIENT": "g", "GOLDSEED_DINGTALK_SIGN_IN_SECRET": "s3cret"},
        {"GOLDSEED_TRUSTED_HEADER": "X-User"},
        {"GOLDSEED_TRUSTED_HEADER": "X-User", "GOLDSEED_TRUSTED_HEADER_FROM": "0.0.0.0/0"},
        {"GOLDSEED_TRUSTED_HEADER": "X-User", "GOLDSEED_TRUSTED_HEADER_FROM": "proxy.city.cn"},
        {"GOLDSEED_BOUND_PASSWORDS": "never"},
    ],
)
def test_a_setting_that_cannot_be_meant_is_told_without_the_secret(given: dict[str, str]):
    with pytest.raises(WrongSetting) as told:
        from_environment(given)
    assert "s3cret" not in str(told.value)


def test_a_role_that_there_is_not_is_told_when_the_board_starts(board: Board):
    with pytest.raises(WrongSetting):
        board(GOLDSEED_OIDC_ROLES="leads=console")
    assert SECRET not in repr(from_environment({"GOLDSEED_OIDC_SECRET": SECRET, **_WHOLE}).providers)


_WHOLE = {"GOLDSEED_OIDC_ISSUER": "https://sso.city.cn", "GOLDSEED_OIDC_CLIENT": providers.CLIENT}
