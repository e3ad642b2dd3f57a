"""Signing in and out, a second person's signature, and the two switches every reader has: language and theme.

Plain HTML forms, so that the first page needs no script. Attempts with passwords and codes are limited by attempts.py,
before they are looked at. Where the account has a second step, the right password leads to a page that asks for the
code. Signing out ends every session of the account, on the server: a cookie copied before is worth
nothing afterwards.
"""

import logging
import math
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlsplit

from flask import Flask, Response, current_app, make_response, redirect, render_template
from flask import request as http_request
from flask import session as http_session
from flask_login import login_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from dashboard.web import request
from dashboard.web.attempts import Attempts, Limit, code_limits, limits, steps_elsewhere, telling
from dashboard.web.auth_guard import SignedIn, end_session, secret_key
from pipeline import language
from pipeline.accounts import audit, invitations, outside_accounts, people, second_step
from pipeline.accounts.people import Action
from pipeline.city.in_force import city
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _

_log = logging.getLogger(__name__)
#: Names the accounts that have signed in with this browser, signed with the session key.
DEVICE_COOKIE = "goldseed_device"
_ACCOUNTS_A_DEVICE = 8
_ATTEMPTS = "goldseed-attempts"
_A_YEAR = 365 * 24 * 3600
#: What a session holds between the password and the code, and for how many seconds.
_WAITING, _WAITS = "second_step", 300


def add_sign_in(server: Flask, engine: Engine, version: str, *, https: bool) -> None:
    """Add /sign-in, /sign-out, /language and /theme, and the plain pages of refusals."""
    server.config["GOLDSEED_VERSION"] = version
    server.config["GOLDSEED_HTTPS"] = https
    server.extensions[_ATTEMPTS] = Attempts(engine)
    server.add_url_rule("/sign-in", view_func=sign_in, methods=["GET", "POST"])
    server.add_url_rule("/sign-in/code", view_func=sign_in_code, methods=["GET", "POST"])
    server.add_url_rule("/invitation/<token>", view_func=invitation, methods=["GET", "POST"])
    server.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    server.add_url_rule("/language/<chosen>", view_func=switch_language, methods=["POST"])
    server.add_url_rule("/theme/<chosen>", view_func=switch_theme, methods=["POST"])
    server.add_url_rule("/alive", view_func=lambda: ("ok", {"Content-Type": "text/plain"}))
    server.register_error_handler(HTTPException, refused)


def sign_in() -> AnyResponse:
    """The form; with the right name and password a new session, and on to the page that was requested."""
    if http_request.method == "GET":
        return _sign_in_page()
    name, password = http_request.form.get("name", ""), http_request.form.get("password", "")
    attempts = _attempts()
    known = _known_device(name)
    wanted = limits(name, _address(), known)
    if wait := attempts.take(wanted):
        _record_refusal(name)
        raise TooManyRequests(retry_after=math.ceil(wait))
    with request.database() as session:
        person = people.check_password(session, name, password)
    if person is None:
        attempts.wrong(name)
        return _sign_in_page(name, _("Name or password is wrong, or the account is closed."), 401)
    attempts.give_back(wanted)
    with request.looking_up() as session:
        elsewhere = not request.app().settings.bound_passwords and outside_accounts.is_bound(session, person.id)
    if elsewhere:
        return _sign_in_page(name, _("This account is opened with the city's account, not with its password."), 403)
    return let_in(person, page_asked_for())


def page_asked_for() -> str:
    """The page of ours that somebody wanted before they had to sign in."""
    return _inside(http_request.values.get("next"))


def let_in(person: people.Person, asked_for: str = "/", how: Mapping[str, object] | None = None) -> AnyResponse:
    """Sign in somebody whose password is right, or who has shown in another way (`how`, for the trail) who they are: at
    once, or where the account has a second step by way of the page that asks for the code."""
    end_session()
    with request.looking_up() as session:
        waits = second_step.is_on(session, person.id)
    if not waits:
        return _signed_in(person, asked_for, how or {})
    http_session[_WAITING] = [person.id, person.stamp, int(time.time()), asked_for, dict(how or {})]
    return redirect("/sign-in/code", code=303)


def _signed_in(person: people.Person, asked_for: str, how: Mapping[str, object]) -> AnyResponse:
    """A new session, and on to the page that was asked for."""
    end_session()
    login_user(SignedIn(person))
    _record_own(person, "sign_in", {"wrong_before": _attempts().wrong_before(person.name), **how})
    return _remembering(redirect(_first_page(person) if asked_for == "/" else asked_for, code=303), person)


def sign_in_code() -> AnyResponse:
    """The second page of the sign-in: a code of the phone, or a recovery code."""
    person, asked_for, how = _who_waits()
    if person is None:
        return redirect("/sign-in", code=303)
    if http_request.method == "GET":
        return _code_page()
    try:
        used = _use_code(person, http_request.form.get("code", ""))
    except ShownToPeople as error:
        return _code_page(str(error), 401)
    if used is None:
        _attempts().wrong(person.name)
        return _code_page(_("This code is wrong, or it was used before. Wait for the next one."), 401)
    return _signed_in(person, asked_for, {**how, **({"recovery_codes_left": used.left} if used.recovery else {})})


def _who_waits() -> tuple[people.Person | None, str, dict[str, object]]:
    """Whose password was right a moment ago, and where they want to go; nobody once the account has changed."""
    try:
        number, stamp, since, asked_for, how = http_session.get(_WAITING, ())
    except ValueError:
        return None, "/", {}
    with request.looking_up() as session:
        person = people.person_of(session, number)
    if person is None or person.stamp != stamp or time.time() - since > _WAITS:
        http_session.pop(_WAITING)
        return None, "/", {}
    return person, asked_for, how


def _use_code(person: people.Person, code: str) -> second_step.Used | None:
    """Let a code count, if attempts with this account's codes are not too many. Raises TooManyRequests."""
    wanted = _limited_code(person.name)
    with request.database() as session, session.begin():
        used = second_step.use(session, person, code, key=secret_key(request.app().settings), now=request.now())
    if used is not None:
        _attempts().give_back(wanted)
    return used


def _code_page(error: str = "", status: int = 200) -> Response:
    words = _(
        "Write the six digits that your phone shows for Goldseed. Without the phone: one of your recovery codes. If "
        "you have neither, whoever keeps the accounts can turn the second step off."
    )
    form = Form("/sign-in/code", _("Sign in"), [Field("code", _("Code"), "one-time-code", secret=False)])
    return plain_page(_("Second step"), words, form=form, error=error, status=status)


def _sign_in_page(name: str = "", error: str = "", status: int = 200) -> Response:
    fields = [
        Field("name", _("Account name"), "username", secret=False, value=name),
        Field("password", _("Password"), "current-password"),
    ]
    words = _("For officers, departments, enterprises and analysts of %(city)s.", city=language.pick(city().name))
    form = Form("/sign-in", _("Sign in"), fields)
    asked_for = page_asked_for()
    behind = "" if asked_for == "/" else f"?{urlencode({'next': asked_for})}"
    links = [Link(f"/sign-in/city/{kind}{behind}", words) for kind, words in _other_ways()]
    if request.named_by_proxy() is not None:
        links.append(Link(f"/sign-in/proxy{behind}", _("Go on as whom the proxy has let in")))
    return plain_page(_("Sign in"), words, form=form, error=error, status=status, links=links)


def _other_ways() -> list[tuple[str, str]]:
    """The providers at which one can sign in, and the words of their buttons."""
    words = {
        "oidc": _("Sign in with the city's account"),
        "wecom": _("Sign in with WeCom"),
        "dingtalk": _("Sign in with DingTalk"),
    }
    return [(each.kind, each.words or words[each.kind]) for each in request.app().settings.providers]


def count_from_here() -> None:
    """Count a step of a sign-in that goes by way of a provider. Raises TooManyRequests."""
    if wait := _attempts().take(steps_elsewhere(_address())):
        raise TooManyRequests(retry_after=math.ceil(wait))


def invitation(token: str) -> AnyResponse:
    """Where somebody who was invited sets the password of their account, and is signed in with it."""
    with request.looking_up() as session:
        account = invitations.invited(session, token, request.now())
        name = None if account is None else account.name
    if name is None:
        gone = _("This link has been used or is over, or it is not whole. Ask whoever sent it for a new one.")
        return plain_page(_("Nothing here"), gone, status=404)
    if http_request.method != "POST":
        return _invitation_page(token, name)
    new, again = http_request.form.get("new", ""), http_request.form.get("again", "")
    if new != again:
        return _invitation_page(token, name, _("The two new passwords differ."), 400)
    try:
        with request.database() as session, session.begin():
            person = invitations.accept(session, token, new, now=request.now())
    except ShownToPeople as error:
        return _invitation_page(token, name, str(error), 400)
    return let_in(person)


def _invitation_page(token: str, name: str, error: str = "", status: int = 200) -> Response:
    lengths = _("%(shortest)s letters or more", shortest=people.SHORTEST_PASSWORD)
    fields = [
        Field("new", language.in_brackets(_("New password"), lengths), "new-password"),
        Field("again", _("New password, once more"), "new-password"),
    ]
    words = _("You are invited as %(name)s. Set a password of your own; nobody else sees it.", name=name)
    form = Form(f"/invitation/{token}", _("Set the password and go on"), fields)
    links = [Link(f"/invitation/{token}/with/{kind}", words) for kind, words in _other_ways()]
    return plain_page(_("Welcome"), words, form=form, error=error, status=status, links=links)


def _attempts() -> Attempts:
    kept: Attempts = current_app.extensions[_ATTEMPTS]
    return kept


def _address() -> str:
    """The visitor's address; behind proxies of ours (GOLDSEED_PROXIES) the one that they saw."""
    return http_request.remote_addr or "nowhere"


def _device_signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt=DEVICE_COOKIE)


def _device() -> tuple[str, list[str]]:
    """This browser's own number, and the names (folded) that have signed in with it; a new number where it has none."""
    try:
        number, names = _device_signer().loads(http_request.cookies.get(DEVICE_COOKIE, ""))
        return str(number), [str(name) for name in names]
    except (BadSignature, ValueError, TypeError):
        return secrets.token_hex(8), []


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _known_device(name: str) -> str | None:
    number, names = _device()
    return number if _folded(name) in names else None


def _remembering(answer: AnyResponse, person: people.Person) -> AnyResponse:
    """The answer, with the account among those that this browser knows."""
    number, names = _device()
    names = [_folded(person.name), *(name for name in names if name != _folded(person.name))][:_ACCOUNTS_A_DEVICE]
    answer.set_cookie(
        DEVICE_COOKIE,
        str(_device_signer().dumps([number, names])),
        max_age=_A_YEAR,
        samesite="Lax",
        httponly=True,
        secure=current_app.config["GOLDSEED_HTTPS"],
    )
    return answer


def _record_own(person: people.Person, action: str, details: dict[str, object]) -> None:
    """An entry about somebody's coming or going. A disk that takes nothing keeps nobody out."""
    try:
        with request.database() as session, session.begin():
            audit.record(session, person, action, f"account:{person.name}", details, request.now())
    except (SQLAlchemyError, OSError) as error:
        _log.error("%s of %s is not in the audit log: %s", action, person.name, error)


def _record_refusal(name: str) -> None:
    """An entry that attempts with an account were too many, once in ten minutes; of names that there are."""
    if _attempts().take(telling(name)):
        return
    try:
        with request.database() as session, session.begin():
            account = people.named(session, name)
            if account is not None:
                details = {"address": _address()}
                by = people.console("goldseed")
                audit.record(session, by, "sign_in_refused", f"account:{account.name}", details, request.now())
    except (SQLAlchemyError, OSError) as error:
        _log.error("refused sign-ins are not in the audit log: %s", error)


def second_person(name: str | None, password: str | None, code: str | None = None) -> str:
    """The account name of another officer or analyst who signs at this desk: with the password, and with a code where
    their sign-in asks for one. Raises NotAllowed; attempts are limited as at sign-in.

    Of two who sign, neither has the password from the other, who may still know it and sign for both.
    """
    wanted = _limited(name or "")
    me = request.person()
    with request.database() as session:
        person = people.check_password(session, name or "", password or "")
        wrong = person is None or person.id == me.id or not person.policy.may_approve or person.must_change_password
        if person is None or wrong:
            raise NotAllowed(Message(N_("The second person's name or password is wrong, or it is yourself."), {}))
        if people.given_password_by(session, person.name) == me.name:
            text = N_("%(name)s has the password from you and cannot sign beside you. Ask another colleague.")
            raise NotAllowed(Message(text, {"name": person.name}))
        if people.given_password_by(session, me.name) == person.name:
            text = N_("You have your password from %(name)s, who cannot sign beside you. Ask another colleague.")
            raise NotAllowed(Message(text, {"name": person.name}))
        asks_for_code = second_step.is_on(session, person.id)
    _attempts().give_back(wanted)
    if asks_for_code and (not (code or "").strip() or _use_code(person, code or "") is None):
        text = N_("%(name)s signs with a code of the phone too: write one that was not used yet.")
        raise NotAllowed(Message(text, {"name": person.name}))
    return person.name


def begin_second_step() -> second_step.Begun:
    """Make a secret for this person's phone. Raises WrongAccount where the second step is on."""
    with request.database() as session, session.begin():
        return second_step.begin(session, request.person(), key=secret_key(request.app().settings))


def confirm_second_step(code: str | None) -> list[str]:
    """Turn this person's second step on, with a new session for this browser; the other sessions end. Returns the
    recovery codes. Raises WrongAccount; attempts are limited."""
    wanted = _limited_code(request.person().name)
    key = secret_key(request.app().settings)
    with request.database() as session, session.begin():
        codes = second_step.confirm(session, request.person(), code or "", key=key, now=request.now())
    _attempts().give_back(wanted)
    _sign_in_anew()
    return codes


def turn_off_second_step(password: str | None, code: str | None) -> None:
    """Turn this person's second step off, with a new session for this browser. Raises WrongAccount; attempts are
    limited as at sign-in."""
    me = request.person()
    wanted = [*_limited(me.name), *_limited_code(me.name)]
    key = secret_key(request.app().settings)
    with request.database() as session, session.begin():
        second_step.turn_off_own(session, me, password or "", code or "", key=key, now=request.now())
    _attempts().give_back(wanted)
    _sign_in_anew()


def _sign_in_anew() -> None:
    with request.looking_up() as session:
        person = people.person_of(session, request.person().id)
    if person is not None:
        login_user(SignedIn(person))


def change_password(old: str | None, new: str | None) -> None:
    """Set a new password for this person, with a new session for this browser; the person's other sessions end.

    Raises WrongAccount; attempts with the old password are limited as at sign-in.
    """
    wanted = _limited(request.person().name)
    with request.database() as session, session.begin():
        account = people.change_own_password(session, request.person(), old or "", new or "", now=request.now())
        person = people.person_from(account)
    _attempts().give_back(wanted)
    login_user(SignedIn(person))


def _limited(name: str) -> list[Limit]:
    """Count an attempt with a password in a session that is open already."""
    wanted = limits(name, _address(), f"session of {request.person().name}")
    if wait := _attempts().take(wanted):
        raise TooManyRequests(retry_after=math.ceil(wait))
    return wanted


def _limited_code(name: str) -> list[Limit]:
    """Count an attempt with a code of an account."""
    wanted = code_limits(name)
    if wait := _attempts().take(wanted):
        _record_refusal(name)
        raise TooManyRequests(retry_after=math.ceil(wait))
    return wanted


def sign_out() -> AnyResponse:
    """End every session of this account, in this browser and elsewhere."""
    person = request.person()
    end_session()
    with request.database() as session, session.begin():
        people.end_sessions(session, person, now=request.now())
    return redirect("/sign-in", code=303)


def switch_language(chosen: str) -> AnyResponse:
    return _back_with(request.LANGUAGE_COOKIE, chosen if chosen in language.LANGUAGES else language.CHINESE)


def switch_theme(chosen: str) -> AnyResponse:
    return _back_with(request.THEME_COOKIE, "dark" if chosen == "dark" else "light")


def refused(error: HTTPException) -> AnyResponse | HTTPException:
    """403, 404 and the like: a page for people, plain text for scripts."""
    if http_request.path.startswith("/_dash") or error.code is None or error.code < 400:
        return _bare(error)
    words = {
        400: (_("This request is not whole"), _("Go back, load the page again and try once more.")),
        401: (_("Please sign in"), _("The session has ended.")),
        403: (_("Not yours to see"), _("This page belongs to somebody else, or your role does not open it.")),
        404: (_("Nothing here"), _("There is no page at this address.")),
        429: (_("Too many attempts"), _("Wait a minute, then sign in again.")),
    }.get(error.code, (_("That did not work"), _("The fault is on our side; it has been written down.")))
    answer = plain_page(*words, status=error.code)
    if isinstance(error, CSRFError):
        answer.headers["X-Reason"] = "csrf"
    if isinstance(error, TooManyRequests) and isinstance(error.retry_after, int):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _bare(error: HTTPException) -> AnyResponse | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return Response(error.name, status=error.code, mimetype="text/plain")


@dataclass(frozen=True)
class Field:
    """A field of a plain form. `complete`: what a browser may fill in (the HTML attribute autocomplete)."""

    name: str
    label: str
    complete: str
    secret: bool = True
    value: str = ""


@dataclass(frozen=True)
class Form:
    """A form of a plain page: where it is sent, what is asked for, and the words on its button."""

    action: str
    button: str
    fields: Sequence[Field]


@dataclass(frozen=True)
class Link:
    """A button of a plain page that leads elsewhere."""

    address: str
    words: str


def plain_page(
    title: str,
    words: str,
    *,
    form: Form | None = None,
    error: str = "",
    status: int = 200,
    links: Sequence[Link] = (),
) -> Response:
    page = render_template(
        "plain_page.html",
        brand=language.pick(city().program),
        title=title,
        words=words,
        form=form,
        error=error,
        links=links,
        next=_inside(http_request.values.get("next")),
        button=_("To the first page"),
        other_theme=_("Light") if request.dark() else _("Dark"),
        chinese=language.language() == language.CHINESE,
        dark=request.dark(),
        version=current_app.config["GOLDSEED_VERSION"],
    )
    return make_response(page, status)


def _first_page(person: people.Person) -> str:
    """Where somebody begins who asked for no page: who keeps firms in tutoring with what waits for them today."""
    return "/today" if people.may(person, Action.RECORD_VISITS) else "/"


def _inside(address: str | None) -> str:
    """The address if it is a path of this site, else the first page."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return "/"
    if not address.isprintable():  # a line end would end the header that carries it
        return "/"
    parts = _split(address)
    return address if parts is not None and not parts.netloc and not parts.scheme else "/"


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:  # "http://[" and the like
        return None


def _back_with(cookie: str, value: str) -> AnyResponse:
    """Back to the page of the switch, with the choice in a cookie for a year."""
    came_from = _split(http_request.referrer or "/")
    where = (came_from.path if came_from else "") or "/"
    query = came_from.query if came_from else ""
    answer = redirect(_inside(f"{where}?{query}" if query else where), code=303)
    answer.set_cookie(
        cookie, value, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=current_app.config["GOLDSEED_HTTPS"]
    )
    return answer
