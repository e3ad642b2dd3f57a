"""The addresses at which somebody begins to sign in with an account of the city, and comes back.

What was begun stands in the session, with its state: who comes back with another, or ten minutes later, begins again.
"""

import hmac
import logging
import secrets
import time

from flask import Flask, abort, current_app, redirect
from flask import request as http_request
from flask import session as http_session
from werkzeug.wrappers import Response as AnyResponse

from dashboard.web import request
from dashboard.web.city_accounts.providers import NoIdentity, NotReached, Way, make_way
from dashboard.web.sign_in import Link, count_from_here, let_in, page_asked_for, plain_page
from pipeline import language
from pipeline.accounts import invitations, outside_accounts
from pipeline.accounts.outside_accounts import Identity, Waits
from pipeline.accounts.roles import ROLES
from pipeline.errors import NotAllowed, ShownToPeople
from pipeline.language import N_, Message
from pipeline.language import gettext as _
from pipeline.settings import Settings, WrongSetting

_log = logging.getLogger(__name__)
_WAYS, _BEGUN, _LASTS = "goldseed-city-accounts", "city_sign_in", 600


def add_doors(server: Flask, settings: Settings) -> None:
    """Add /sign-in/city/… and /invitation/…/with/…; each answers 404 where its provider is not set up.

    Raises WrongSetting for a role that there is not.
    """
    for provider in settings.providers:
        for _value, role in provider.roles:
            if role.partition(":")[0] not in ROLES or not ROLES[role.partition(":")[0]].has_account:
                text = N_("GOLDSEED_OIDC_ROLES: %(role)s is not a role of an account.")
                raise WrongSetting(Message(text, {"role": role}))
    server.extensions[_WAYS] = {each.kind: make_way(server, each) for each in settings.providers}
    server.add_url_rule("/sign-in/city/<kind>", view_func=begin)
    server.add_url_rule("/sign-in/city/<kind>/back", view_func=come_back)
    server.add_url_rule("/sign-in/proxy", view_func=let_in_by_proxy)
    server.add_url_rule("/invitation/<token>/with/<kind>", view_func=begin_invited)


def begin(kind: str) -> AnyResponse:
    """On to the provider."""
    return _begin(kind, page_asked_for(), None)


def begin_invited(token: str, kind: str) -> AnyResponse:
    """On to the provider, with whose account the invitation is accepted."""
    way = _way(kind)
    with request.looking_up() as session:
        if invitations.invited(session, token, request.now()) is None:
            abort(404)
    return _begin(way.provider.kind, "/", token)


def _begin(kind: str, asked_for: str, invitation: str | None) -> AnyResponse:
    way, state = _way(kind), secrets.token_urlsafe(24)
    count_from_here()
    _forget()
    try:
        address = way.begin(_back(kind), state)
    except ShownToPeople as error:
        return _did_not_work(kind, error)
    http_session[_BEGUN] = [kind, state, int(time.time()), asked_for, invitation]
    return redirect(address, code=303)


def come_back(kind: str) -> AnyResponse:
    """Who comes back from the provider is signed in, or reads why not."""
    way = _way(kind)
    count_from_here()
    given = {name: http_request.args.get(name, "")[:4000] for name in http_request.args}
    try:
        begun_kind, state, since, asked_for, invitation = http_session.get(_BEGUN, ())
    except ValueError:
        begun_kind, state, since, asked_for, invitation = "", "", 0, "/", None
    http_session.pop(_BEGUN, None)
    try:
        fits = bool(state) and hmac.compare_digest(state.encode(), given.get("state", "").encode())
        if not fits or begun_kind != kind or time.time() - since > _LASTS:
            text = N_("This sign-in was not begun in this browser, or it took too long. Begin again.")
            raise NoIdentity(Message(text, {}))
        if "error" in given:
            text = N_(
                "The provider of the city's accounts has let nobody in: the sign-in there was broken off or refused."
            )
            raise NoIdentity(Message(text, {}))
        who = way.finish(_back(kind), given)
        return _come_in(who, asked_for, kind, invitation)
    except ShownToPeople as error:
        return _did_not_work(kind, error)
    finally:
        _forget()


def let_in_by_proxy() -> AnyResponse:
    """Whoever a proxy of ours names in its header."""
    name = request.named_by_proxy()
    if name is None:
        abort(404)
    try:
        return _come_in(Identity("proxy", name, name), page_asked_for(), "proxy", None)
    except ShownToPeople as error:
        return _did_not_work("proxy", error)


def _come_in(who: Identity, asked_for: str, kind: str, invitation: str | None) -> AnyResponse:
    with request.database() as session, session.begin():
        if invitation is not None:
            came: object = outside_accounts.bind_by_invitation(session, invitation, who, now=request.now())
        else:
            came = outside_accounts.come_in(session, who, now=request.now())
    if isinstance(came, Waits):
        return _waits(came)
    return let_in(came, asked_for, {"with": kind})  # type: ignore[arg-type]


def _waits(came: Waits) -> AnyResponse:
    words = _(
        "The city's account is right, but it opens no account here yet. Ask whoever keeps the accounts to bind it, and "
        "tell them the number %(number)s.",
        number=came.number,
    )
    if came.role is not None and (policy := ROLES.get(came.role.partition(":")[0])) is not None:
        role = language.pick(policy.name)
        words += " " + _("It would come as: %(role)s, which is for people to decide.", role=role)
    return plain_page(_("Not bound yet"), words, links=[Link("/sign-in", _("To the sign-in"))], status=403)


def _did_not_work(kind: str, error: ShownToPeople) -> AnyResponse:
    cause = error.__cause__ or error
    _log.warning("a sign-in by %s was refused: %s", kind, type(cause).__name__)
    status = 502 if isinstance(error, NotReached) else 403 if isinstance(error, NotAllowed) else 401
    links = [Link("/sign-in", _("To the sign-in"))]
    return plain_page(_("Nobody was signed in"), str(error), links=links, status=status)


def _way(kind: str) -> Way:
    ways: dict[str, Way] = current_app.extensions[_WAYS]
    if kind not in ways:
        abort(404)
    return ways[kind]


def _back(kind: str) -> str:
    board = request.app().settings.address or http_request.host_url.rstrip("/")
    return f"{board}/sign-in/city/{kind}/back"


def _forget() -> None:
    """What Authlib keeps in the session of a sign-in that was begun before: its secret of PKCE, its nonce."""
    for name in [each for each in http_session if each.startswith("_state_")]:
        http_session.pop(name)
