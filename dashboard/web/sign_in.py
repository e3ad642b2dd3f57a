"""Signing in and out, a second person's signature, and the two switches every reader has: language and theme.

Plain HTML forms, so that the first page needs no script. Attempts with passwords are limited by attempts.py, before the
password is looked at. Signing out ends every session of the account, on the server: a cookie copied before is worth
nothing afterwards.
"""

import logging
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Response, current_app, make_response, redirect, render_template
from flask import request as http_request
from flask_login import login_user
from flask_wtf.csrf import CSRFError
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from dashboard.web import request
from dashboard.web.attempts import Attempts, Limit, limits, telling
from dashboard.web.auth_guard import SignedIn, end_session
from pipeline import language
from pipeline.accounts import audit, invitations, people
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


def add_sign_in(server: Flask, engine: Engine, version: str, *, https: bool) -> None:
    """Add /sign-in, /sign-out, /language and /theme, and the plain pages of refusals."""
    server.config["GOLDSEED_VERSION"] = version
    server.config["GOLDSEED_HTTPS"] = https
    server.extensions[_ATTEMPTS] = Attempts(engine)
    server.add_url_rule("/sign-in", view_func=sign_in, methods=["GET", "POST"])
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
    end_session()
    login_user(SignedIn(person))
    _record_own(person, "sign_in", {"wrong_before": attempts.wrong_before(name)})
    asked_for = _inside(http_request.form.get("next"))
    return _remembering(redirect(_first_page(person) if asked_for == "/" else asked_for, code=303), person)


def _sign_in_page(name: str = "", error: str = "", status: int = 200) -> Response:
    fields = [
        Field("name", _("Account name"), "username", secret=False, value=name),
        Field("password", _("Password"), "current-password"),
    ]
    words = _("For officers, departments, enterprises and analysts of %(city)s.", city=language.pick(city().name))
    form = Form("/sign-in", _("Sign in"), fields)
    return plain_page(_("Sign in"), words, form=form, error=error, status=status)


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
    end_session()
    login_user(SignedIn(person))
    return _remembering(redirect(_first_page(person), code=303), person)


def _invitation_page(token: str, name: str, error: str = "", status: int = 200) -> Response:
    lengths = _("%(shortest)s letters or more", shortest=people.SHORTEST_PASSWORD)
    fields = [
        Field("new", language.in_brackets(_("New password"), lengths), "new-password"),
        Field("again", _("New password, once more"), "new-password"),
    ]
    words = _("You are invited as %(name)s. Set a password of your own; nobody else sees it.", name=name)
    form = Form(f"/invitation/{token}", _("Set the password and go on"), fields)
    return plain_page(_("Welcome"), words, form=form, error=error, status=status)


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


def second_person(name: str | None, password: str | None) -> str:
    """The account name of another officer or analyst who signs at this desk. Raises NotAllowed; attempts are limited as
    at sign-in.

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
    _attempts().give_back(wanted)
    return person.name


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


def plain_page(title: str, words: str, *, form: Form | None = None, error: str = "", status: int = 200) -> Response:
    page = render_template(
        "plain_page.html",
        brand=language.pick(city().program),
        title=title,
        words=words,
        form=form,
        error=error,
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
