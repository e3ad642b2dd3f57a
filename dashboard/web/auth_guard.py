"""The auth guard: the checks that every request must pass before its route runs, Dash's own routes included.

In order: requests from other origins are refused; everybody must be signed in; every change carries the session's
CSRF token; a callback or route without a policy is refused; a page about a firm opens only to those who may see that
firm. Rows are limited a second time where they are read (queries/), from the session's person alone.
"""

import hmac
import re
import secrets
from typing import Any
from urllib.parse import unquote, urlencode

from dash import Dash
from flask import Flask, Response, abort, g, redirect
from flask import request as http_request
from flask import session as http_session
from flask_login import LoginManager, UserMixin, current_user, logout_user
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from dashboard.data_folder import beside
from dashboard.web import request
from dashboard.web.callbacks import body_fits
from dashboard.web.plain_values import are_plain_texts, is_plain
from dashboard.web.routes import Routes
from pipeline.accounts import people
from pipeline.atomic_files import made_once
from pipeline.settings import Settings

CALLBACKS = "/_dash-update-component"
#: Open without sign-in, as "METHOD path": the form itself, the two switches, style, scripts, icons (no data in them),
#: and calendars and invitations, each at an address that only its owner knows.
_OPEN = re.compile(
    r"(GET|HEAD|POST) /(sign-in(/code)?|invitation/[^/]+)|POST /(language|theme)/[^/]+"
    r"|(GET|HEAD) /(assets/.+|alive|calendar/[^/]+)"
    r"|GET /(sign-in/city/[a-z]+(/back)?|sign-in/proxy|invitation/[^/]+/with/[a-z]+)"
)
#: Addresses that are themselves secret begin so.
SECRET_PATHS = ("/calendar/", "/invitation/")
#: Where a person whose password somebody else knows may go: to change it.
_OWN_PASSWORD = "/account"
SIGN_OUT = ("POST", "/sign-out")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Cache headers of style, scripts and icons: forever where the address carries a version; else they may be used for a
#: week, and are fetched again in the background after ten minutes.
_FOREVER, _REVALIDATED = "public, max-age=31536000, immutable", "public, max-age=600, stale-while-revalidate=604800"
CSRF_COOKIE = "_csrf_token"  # the name Dash reads


class SignedIn(UserMixin):
    """An account as Flask-Login knows it. Its id contains the account's stamp: a change of rights ends the session."""

    def __init__(self, person: people.Person) -> None:
        self.person = person

    def get_id(self) -> str:
        return f"{self.person.id}:{self.person.stamp}"


def secret_key(settings: Settings) -> str:
    """GOLDSEED_SECRET, else a key created once in a file beside the database, readable by its owner alone."""
    return settings.secret or made_once(beside(settings, "secret"), secrets.token_urlsafe(48))


def guard(dash_app: Dash, server: Flask, app: request.App, routes: Routes, *, https: bool) -> None:
    """Run the checks before every route of the server, and set the security headers on every answer."""
    server.config.update(
        SECRET_KEY=secret_key(app.settings),
        SESSION_COOKIE_NAME="goldseed_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        REMEMBER_COOKIE_HTTPONLY=True,
        WTF_CSRF_CHECK_DEFAULT=False,  # the guard checks the token itself, after the sign-in
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=https,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
    )
    csrf = CSRFProtect(server)
    logins = LoginManager(server)
    logins.session_protection = "strong"
    logins.user_loader(_person_of_session)

    @server.before_request
    def check_request() -> AnyResponse | None:
        request.begin_speaking()
        _refuse_other_origins(https=https)
        _refuse_junk()
        if not current_user.is_authenticated:
            if _is_open():
                if http_request.method not in _SAFE_METHODS:
                    csrf.protect()
                return None
            if http_request.method == "GET" and not http_request.path.startswith("/_dash"):
                return redirect(_sign_in_address())
            abort(401)
        if http_request.method not in _SAFE_METHODS:
            csrf.protect()
        if request.person().must_change_password and not _for_new_password():
            return redirect(_OWN_PASSWORD)
        if http_request.path == CALLBACKS:
            _admit_callback(dash_app, app)
        elif http_request.path == "/" and (first := routes.first_page(request.person())) != "/":
            return redirect(first)
        elif not _needs_no_right():
            routes.admit(http_request.path, request.person())
        return None

    server.before_request_funcs[None].insert(0, server.before_request_funcs[None].pop())
    server.teardown_request(request.stop_speaking)

    @server.after_request
    def headers(response: Response) -> Response:
        return _with_headers(response, dash_app, https=https)


def _is_open() -> bool:
    return _OPEN.fullmatch(f"{http_request.method} {http_request.path}") is not None


def _needs_no_right() -> bool:
    path = http_request.path
    return path.startswith("/_dash") or _is_open() or (http_request.method, path) == SIGN_OUT


def _for_new_password() -> bool:
    """Whether this request leads to a new password of one's own, or out. Of callbacks those without a policy:
    `show_page` asks `Routes.admit` for the page it shows."""
    return http_request.path == _OWN_PASSWORD or _needs_no_right()


def _person_of_session(session_id: str) -> SignedIn | None:
    """The person of a session; None once the account has changed since the session began."""
    number, _, stamp = session_id.partition(":")
    if not re.fullmatch(r"[0-9]{1,15}", number):
        return None
    with request.looking_up() as session:
        person = people.person_of(session, int(number))
    if person is None or not hmac.compare_digest(person.stamp, stamp):
        return None
    return SignedIn(person)


def _refuse_junk() -> None:
    """Refuse addresses and forms with what no page of ours sends (plain_values.py)."""
    sent = [unquote(http_request.path), http_request.path]
    for values in (http_request.args, http_request.form):
        for name in values:
            sent += [name, *values.getlist(name)]
    if not are_plain_texts(sent):
        abort(400)


def _refuse_other_origins(*, https: bool) -> None:
    """Refuse requests that another site makes through a visitor's browser; following a link to us is allowed."""
    origin = http_request.headers.get("Origin")
    scheme = "https" if https else http_request.scheme
    if origin and origin.casefold() != f"{scheme}://{http_request.host}".casefold():
        abort(403)
    if http_request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        navigates = http_request.method == "GET" and http_request.headers.get("Sec-Fetch-Mode") == "navigate"
        if not navigates or http_request.path.startswith("/_dash"):
            abort(403)


def _sign_in_address() -> str:
    wanted = http_request.full_path.rstrip("?")
    return "/sign-in" if wanted == "/" else f"/sign-in?{urlencode({'next': wanted})}"


def _admit_callback(dash_app: Dash, app: request.App) -> None:
    if http_request.method != "POST":
        abort(405)
    try:
        body: Any = http_request.get_json(silent=True)
    except RecursionError:
        abort(400)
    if not is_plain(body) or not body_fits(body, dash_app.callback_map):
        abort(400)
    output = body["output"]
    if output not in app.policies:
        abort(403)
    action = app.policies[output]
    if action is not None and request.person().must_change_password:
        abort(403)
    if action is not None and not people.may(request.person(), action):
        abort(403)


def _with_headers(response: Response, dash_app: Dash, *, https: bool) -> Response:
    scripts = " ".join(["'self'", *dash_app.csp_hashes()])
    response.headers.setdefault(  # a file from people brings a stricter one of its own
        "Content-Security-Policy",
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if http_request.path.startswith("/calendar/"):
        response.headers["Referrer-Policy"] = "no-referrer"  # the address itself is the secret
    if (
        response.headers.get("Cache-Control") == "private, no-cache"
    ):  # of a calendar, which is asked for again and again
        pass
    elif not http_request.path.startswith(("/assets/", "/_dash-component-suites/")):
        response.headers["Cache-Control"] = "no-store"
    elif response.headers.get("Cache-Control", "no-cache") == "no-cache":
        response.headers["Cache-Control"] = _FOREVER if "m" in http_request.args else _REVALIDATED
    if response.mimetype == "text/html" and response.status_code == 200 and "speaking" in g:
        # Not HttpOnly by design: Dash's own script reads it and sends it back as a header.
        response.set_cookie(CSRF_COOKIE, generate_csrf(), samesite="Lax", secure=https, httponly=False)
    return response


def end_session() -> None:
    """Sign the person out; what the session held is gone."""
    logout_user()
    http_session.clear()
