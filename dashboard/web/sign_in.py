"""Signing in and out, a second person's signature, and the two switches every reader has: language and theme.

Plain HTML forms, so that the first page needs no script. Five wrong sign-ins a minute are allowed from one address;
the count is in a file beside the database, shared by all workers.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, make_response, redirect, render_template
from flask import request as http_request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import login_user
from flask_wtf.csrf import CSRFError
from limits import parse
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from dashboard.data_folder import beside
from dashboard.web import rate_limits, request
from dashboard.web.auth_guard import SignedIn, end_session
from pipeline import language
from pipeline.accounts import people
from pipeline.errors import NotAllowed
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.settings import Settings

SIGN_INS_A_MINUTE = 5
_A_YEAR = 365 * 24 * 3600


def add_sign_in(server: Flask, settings: Settings, version: str, *, https: bool) -> None:
    """Add /sign-in, /sign-out, /language and /theme, and the plain pages of refusals."""
    server.config["GOLDSEED_VERSION"] = version
    server.config["GOLDSEED_HTTPS"] = https
    limiter = Limiter(
        get_remote_address,
        app=server,
        storage_uri=rate_limits.address(beside(settings, "attempts")),
        strategy="fixed-window",
        headers_enabled=True,
    )
    limit_wrong = limiter.limit(
        f"{SIGN_INS_A_MINUTE} per minute", methods=["POST"], deduct_when=lambda answer: answer.status_code == 401
    )
    server.extensions["goldseed-limiter"] = limiter
    server.add_url_rule("/sign-in", view_func=limit_wrong(sign_in), methods=["GET", "POST"])
    server.add_url_rule("/sign-out", view_func=sign_out, methods=["POST"])
    server.add_url_rule("/language/<chosen>", view_func=switch_language, methods=["POST"])
    server.add_url_rule("/theme/<chosen>", view_func=switch_theme, methods=["POST"])
    server.add_url_rule("/alive", view_func=lambda: ("ok", {"Content-Type": "text/plain"}))
    server.register_error_handler(HTTPException, refused)


def sign_in() -> AnyResponse:
    """The form; with the right name and password a new session, and on to the page that was requested."""
    if http_request.method == "GET":
        return _plain_page(_("Sign in"), _("For officers, enterprises and analysts of the city."), form=True)
    name, password = http_request.form.get("name", ""), http_request.form.get("password", "")
    with request.database() as session:
        person = people.check_password(session, name, password)
    if person is None:
        return _plain_page(
            _("Sign in"),
            _("For officers, enterprises and analysts of the city."),
            form=True,
            error=_("Name or password is wrong, or the account is closed."),
            status=401,
            name=name,
        )
    end_session()
    login_user(SignedIn(person))
    return redirect(_inside(http_request.form.get("next")), code=303)


def second_person(name: str | None, password: str | None) -> str:
    """The account name of another officer or analyst who signs at this desk. Raises NotAllowed; wrong passwords are
    counted as at sign-in."""
    with _counted("second") as wrong, request.database() as session:
        person = people.check_password(session, name or "", password or "")
        if person is None or person.id == request.person().id or not person.policy.may_approve:
            wrong()
            raise NotAllowed(Message(N_("The second person's name or password is wrong, or it is yourself."), {}))
    return person.name


def change_password(old: str | None, new: str | None) -> None:
    """Set a new password for this person, with a new session for this browser; the person's other sessions end.

    Raises WrongAccount; wrong old passwords are counted as at sign-in.
    """
    with _counted("own") as wrong, request.database() as session:
        try:
            with session.begin():
                account = people.change_own_password(session, request.person(), old or "", new or "", now=request.now())
                person = people.person_from(account)
        except people.WrongAccount:
            wrong()
            raise
    login_user(SignedIn(person))


@contextmanager
def _counted(what: str) -> Iterator[Callable[[], object]]:
    """Limit attempts with passwords as at sign-in; yields a function that counts a wrong one."""
    limiter: Limiter = current_app.extensions["goldseed-limiter"]
    limit, who = parse(f"{SIGN_INS_A_MINUTE} per minute"), f"{what}:{get_remote_address()}"
    if not limiter.limiter.test(limit, who):
        abort(429)
    yield lambda: limiter.limiter.hit(limit, who)


def sign_out() -> AnyResponse:
    end_session()
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
    answer = _plain_page(*words, status=error.code)
    if isinstance(error, CSRFError):
        answer.headers["X-Reason"] = "csrf"
    return answer


def _bare(error: HTTPException) -> AnyResponse | HTTPException:
    if error.code is None or error.code < 400:
        return error
    return Response(error.name, status=error.code, mimetype="text/plain")


def _plain_page(
    title: str, words: str, *, form: bool = False, error: str = "", status: int = 200, name: str = ""
) -> Response:
    page = render_template(
        "plain_page.html",
        brand=_("Goldseed"),
        title=title,
        words=words,
        form=form,
        error=error,
        name=name,
        next=_inside(http_request.values.get("next")),
        name_label=_("Account name"),
        password_label=_("Password"),
        button=_("Sign in") if form else _("To the first page"),
        other_theme=_("Light") if request.dark() else _("Dark"),
        chinese=language.language() == language.CHINESE,
        dark=request.dark(),
        version=current_app.config["GOLDSEED_VERSION"],
    )
    return make_response(page, status)


def _inside(address: str | None) -> str:
    """The address if it is a path of this site, else the first page."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return "/"
    parts = urlsplit(address)
    return address if not parts.netloc and not parts.scheme else "/"


def _back_with(cookie: str, value: str) -> AnyResponse:
    """Back to the page of the switch, with the choice in a cookie for a year."""
    came_from = urlsplit(http_request.referrer or "/")
    where = came_from.path or "/"
    answer = redirect(_inside(f"{where}?{came_from.query}" if came_from.query else where), code=303)
    answer.set_cookie(
        cookie, value, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=current_app.config["GOLDSEED_HTTPS"]
    )
    return answer
