"""The doors: who is signed in, what every request must show, and the one gate that all of them pass.

The gate runs before every route, Dash's own included. In order: no foreign page may speak through a visitor's
browser; nobody unknown comes in; every change carries the session's CSRF token; a callback or route without a
policy does not exist; a page about a firm opens to those who may see that firm. Rows are limited once more
where they are read (board_data.py), from the session's person alone.
"""

import hmac
import os
import secrets
from typing import Any
from urllib.parse import urlsplit

from dash import Dash
from flask import Flask, Response, abort, g, redirect, request
from flask_login import LoginManager, UserMixin, current_user, logout_user
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.wrappers import Response as AnyResponse

from dashboard.data_folder import beside
from dashboard.web import request as asked
from dashboard.web.callbacks import body_fits
from dashboard.web.routes import Routes
from pipeline.accounts import people
from pipeline.settings import Settings

CALLBACKS = "/_dash-update-component"
#: Served to anybody: the way in, and the style, scripts and icons of the board (no figures in them).
OPEN_PATHS = ("/sign-in", "/language/", "/theme/", "/assets/", "/favicon.ico", "/alive")
SIGN_OUT = ("POST", "/sign-out")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Style, scripts and icons: what bears its own time in its address is kept; the rest is used at once for a week, and
#: looked at behind the reader's back when it is older than ten minutes.
_FOREVER, _SOON_LOOKED_AT = "public, max-age=31536000, immutable", "public, max-age=600, stale-while-revalidate=604800"
CSRF_COOKIE = "_csrf_token"  # the name Dash reads


class SignedIn(UserMixin):
    """An account as Flask-Login knows it. Its id carries the account's stamp: a change of rights ends the session."""

    def __init__(self, person: people.Person) -> None:
        self.person = person

    def get_id(self) -> str:
        return f"{self.person.id}:{self.person.stamp}"


def secret_key(settings: Settings) -> str:
    """GOLDSEED_SECRET, else a key made once and kept beside the database, readable by its owner alone."""
    if settings.secret:
        return settings.secret
    file = beside(settings, "secret")
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip()
    made = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(made)
    return made


def guard(app: Dash, server: Flask, board: asked.Board, routes: Routes, *, https: bool) -> None:
    """Put the gate before every route of the server, and the headers on every answer."""
    server.config.update(
        SECRET_KEY=secret_key(board.settings),
        SESSION_COOKIE_NAME="goldseed_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=https,
        REMEMBER_COOKIE_HTTPONLY=True,
        WTF_CSRF_CHECK_DEFAULT=False,  # the gate asks for the token itself, after it has asked who is there
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=https,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
    )
    csrf = CSRFProtect(server)
    logins = LoginManager(server)
    logins.session_protection = "strong"
    logins.user_loader(_person_of_session)

    @server.before_request
    def gate() -> AnyResponse | None:
        asked.begin_speaking()
        _refuse_foreign_pages()
        if not current_user.is_authenticated:
            if request.path.startswith(OPEN_PATHS):
                if request.method not in _SAFE_METHODS:
                    csrf.protect()
                return None
            if request.method == "GET" and not request.path.startswith("/_dash"):
                return redirect(_sign_in_address())
            abort(401)
        if request.method not in _SAFE_METHODS:
            csrf.protect()
        if request.path == CALLBACKS:
            _admit_callback(app, board)
        elif not request.path.startswith(("/_dash", *OPEN_PATHS)) and (request.method, request.path) != SIGN_OUT:
            routes.admit(request.path, asked.person())
        return None

    server.before_request_funcs[None].insert(0, server.before_request_funcs[None].pop())
    server.teardown_request(asked.stop_speaking)

    @server.after_request
    def headers(response: Response) -> Response:
        return _with_headers(response, app, https=https)


def _person_of_session(session_id: str) -> SignedIn | None:
    """The person of a session, if the account still stands as it stood when the session began."""
    number, _, stamp = session_id.partition(":")
    if not number.isdigit():
        return None
    with asked.database() as session:
        person = people.person_of(session, int(number))
    if person is None or not hmac.compare_digest(person.stamp, stamp):
        return None
    return SignedIn(person)


def _refuse_foreign_pages() -> None:
    """No page of another origin speaks through a visitor's browser; following a link to us is welcome."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        abort(403)
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        navigates = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if not navigates or request.path.startswith("/_dash"):
            abort(403)


def _sign_in_address() -> str:
    from urllib.parse import urlencode

    wanted = request.full_path.rstrip("?")
    return "/sign-in" if wanted == "/" else f"/sign-in?{urlencode({'next': wanted})}"


def _admit_callback(app: Dash, board: asked.Board) -> None:
    if request.method != "POST":
        abort(405)
    body: Any = request.get_json(silent=True)
    if not body_fits(body, app.callback_map):
        abort(400)
    output = body["output"]
    if output not in board.policies:
        abort(403)
    action = board.policies[output]
    if action is not None and not people.may(asked.person(), action):
        abort(403)


def _with_headers(response: Response, app: Dash, *, https: bool) -> Response:
    scripts = " ".join(["'self'", *app.csp_hashes()])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if not request.path.startswith(("/assets/", "/_dash-component-suites/")):
        response.headers["Cache-Control"] = "no-store"
    elif response.headers.get("Cache-Control", "no-cache") == "no-cache":
        response.headers["Cache-Control"] = _FOREVER if "m" in request.args else _SOON_LOOKED_AT
    if response.mimetype == "text/html" and response.status_code == 200 and "speaking" in g:
        # Not HttpOnly by design: Dash's own script reads it and sends it back as a header.
        response.set_cookie(CSRF_COOKIE, generate_csrf(), samesite="Lax", secure=https, httponly=False)
    return response


def end_session() -> None:
    """Sign the person out; what the session held is gone."""
    from flask import session

    logout_user()
    session.clear()
