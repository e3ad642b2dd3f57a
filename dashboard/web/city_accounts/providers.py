"""The providers at which people of the city sign in, each with two steps: where a browser is sent, and who came back.

OpenID Connect by Authlib: authorization code with PKCE, state and nonce, an ID token signed by the provider. WeCom and
DingTalk give a code like it, and have neither PKCE nor an ID token: WeCom's code is read with a token of the
organisation's application, DingTalk's with a token of the person. No address is logged: secrets stand in some of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask
from joserfc.errors import JoseError

from pipeline.accounts.outside_accounts import Identity
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.settings import Provider

_SECONDS = 10
_CLOCKS_APART = 60
#: Signatures that only the provider can make; of others, such as those made with our own secret, none is taken.
_SIGNED_BY_PROVIDER = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_LONGEST = 200
_LOGINS = {
    "https://qyapi.weixin.qq.com": "https://login.work.weixin.qq.com",
    "https://api.dingtalk.com": "https://login.dingtalk.com",
}


class NotReached(ShownToPeople):
    """The provider does not answer."""


class NoIdentity(ShownToPeople):
    """What came back from the provider does not say who somebody is."""


class Way(Protocol):
    """One provider."""

    @property
    def provider(self) -> Provider: ...

    def begin(self, back: str, state: str) -> str:
        """The address of the provider at which a browser signs in, to come back to `back`. Raises NotReached."""

    def finish(self, back: str, given: Mapping[str, str]) -> Identity:
        """Who came back with these parameters. Raises NotReached, NoIdentity."""


def make_way(server: Flask, provider: Provider) -> Way:
    kinds: dict[str, Any] = {"wecom": WeCom, "dingtalk": DingTalk}
    return OpenIdConnect(server, provider) if provider.kind == "oidc" else kinds[provider.kind](provider)


class OpenIdConnect:
    """Any provider with discovery (/.well-known/openid-configuration)."""

    def __init__(self, server: Flask, provider: Provider) -> None:
        self.provider = provider
        kept: Any = OAuth(server).register(
            "city",
            client_id=provider.client,
            client_secret=provider.secret,
            server_metadata_url=f"{provider.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": _SECONDS},
        )
        self._client = kept

    def begin(self, back: str, state: str) -> str:
        try:
            self._look_at_provider()
            asked = self._client.create_authorization_url(back, state=state)
        except _BROKEN as error:
            raise _told(error) from error
        self._client.save_authorize_data(redirect_uri=back, **asked)
        return str(asked["url"])

    def finish(self, back: str, given: Mapping[str, str]) -> Identity:
        issuer, client = self.provider.issuer, self.provider.client
        options = {
            "iss": {"essential": True, "values": [issuer, f"{issuer}/"]},
            "aud": {"essential": True, "values": [client]},
        }
        try:
            self._look_at_provider()
            token = self._client.authorize_access_token(claims_options=options, leeway=_CLOCKS_APART)
            claims = token["userinfo"]
            aud = claims["aud"]
        except _BROKEN as error:
            raise _told(error) from error
        if client not in ([aud] if isinstance(aud, str) else aud):
            raise NoIdentity(_NOT_WHOLE)
        shown = claims.get("name") or claims.get("preferred_username")
        return _identity(issuer, claims.get("sub"), shown, self._role(claims.get(self.provider.claim)))

    def _look_at_provider(self) -> None:
        """Its own description: it is of the issuer that we mean, and its ID tokens are signed with a key of its own."""
        said = self._client.load_server_metadata()
        if str(said.get("issuer", "")).rstrip("/") != self.provider.issuer:
            raise NoIdentity(_NOT_WHOLE)
        offered = said.get("id_token_signing_alg_values_supported") or []
        said["id_token_signing_alg_values_supported"] = [a for a in offered if a in _SIGNED_BY_PROVIDER] or ["RS256"]
        ways_in = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if "client_secret_basic" not in ways_in and "client_secret_post" in ways_in:
            self._client.client_kwargs["token_endpoint_auth_method"] = "client_secret_post"

    def _role(self, said: object) -> str | None:
        values = {str(each) for each in said} if isinstance(said, list) else {str(said)}
        return next((role for value, role in self.provider.roles if value in values), None)


@dataclass(frozen=True)
class WeCom:
    """企业微信, an application that the organisation has made itself. The person is the `userid` of the organisation;
    somebody who is no member of it has none."""

    provider: Provider

    def begin(self, back: str, state: str) -> str:
        asked = {"login_type": "CorpApp", "appid": self.provider.client, "agentid": self.provider.agent or ""}
        asked |= {"redirect_uri": back, "state": state}
        return f"{_login(self.provider)}/wwlogin/sso/login?{urlencode(asked)}"

    def finish(self, back: str, given: Mapping[str, str]) -> Identity:
        ours = {"corpid": self.provider.client, "corpsecret": self.provider.secret}
        token = _answer("GET", f"{self.provider.issuer}/cgi-bin/gettoken", params=ours)
        asked = {"access_token": _text(token, "access_token"), "code": given.get("code", "")}
        said = _answer("GET", f"{self.provider.issuer}/cgi-bin/auth/getuserinfo", params=asked)
        subject = said.get("userid") or said.get("UserId")
        return _identity(f"wecom:{self.provider.client}", subject, subject, None)


@dataclass(frozen=True)
class DingTalk:
    """钉钉. Anybody in the world has an account there, so the organisation that somebody has chosen must be the city's.
    The person is the `unionId`, the same for all applications of the organisation."""

    provider: Provider

    def begin(self, back: str, state: str) -> str:
        asked = {"client_id": self.provider.client, "response_type": "code", "scope": "openid corpid"}
        asked |= {"prompt": "consent", "redirect_uri": back, "state": state}
        return f"{_login(self.provider)}/oauth2/auth?{urlencode(asked)}"

    def finish(self, back: str, given: Mapping[str, str]) -> Identity:
        ours = {"clientId": self.provider.client, "clientSecret": self.provider.secret}
        ours |= {"code": given.get("authCode") or given.get("code", ""), "grantType": "authorization_code"}
        token = _answer("POST", f"{self.provider.issuer}/v1.0/oauth2/userAccessToken", json=ours)
        if token.get("corpId") != self.provider.corp:
            raise NoIdentity(Message(N_("You have chosen another organisation than the city's. Begin again."), {}))
        headers = {"x-acs-dingtalk-access-token": _text(token, "accessToken")}
        said = _answer("GET", f"{self.provider.issuer}/v1.0/contact/users/me", headers=headers)
        return _identity(f"dingtalk:{self.provider.corp}", said.get("unionId"), said.get("nick"), None)


_NOT_WHOLE = Message(
    N_(
        "What the provider of the city's accounts has sent does not hold, so nobody was signed in. Begin again; if it "
        "happens again, tell whoever runs this board."
    ),
    {},
)
_SILENT = Message(
    N_("The provider of the city's accounts does not answer. Try again later, or sign in with your password."), {}
)
_BROKEN = (AuthlibBaseError, JoseError, OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)


def _told(error: Exception) -> ShownToPeople:
    """The letter for what went wrong at the provider. What cannot be read as JSON is an OSError of requests too."""
    away = isinstance(error, OSError) and not isinstance(error, ValueError)
    return NotReached(_SILENT) if away else NoIdentity(_NOT_WHOLE)


def _login(provider: Provider) -> str:
    """Where people sign in: at the address for calls, but that the vendors have another host for it."""
    return _LOGINS.get(provider.issuer, provider.issuer)


def _answer(method: str, address: str, **about: Any) -> dict[str, Any]:
    """The provider's answer. Raises NotReached, NoIdentity where it refuses or says something else."""
    try:
        said = requests.request(method, address, timeout=_SECONDS, allow_redirects=False, **about)
        read = said.json()
    except _BROKEN as error:
        raise _told(error) from error
    if said.status_code >= 500:
        raise NotReached(_SILENT)
    if said.status_code != 200 or not isinstance(read, dict) or read.get("errcode", 0) != 0:
        raise NoIdentity(_NOT_WHOLE)
    return read


def _text(said: Mapping[str, Any], name: str) -> str:
    if not isinstance(said.get(name), str) or not said[name]:
        raise NoIdentity(_NOT_WHOLE)
    return str(said[name])


def _identity(issuer: str, subject: object, shown: object, role: str | None) -> Identity:
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST or not subject.isprintable():
        raise NoIdentity(_NOT_WHOLE)
    name = shown if isinstance(shown, str) and shown.isprintable() else None
    return Identity(issuer[:_LONGEST], subject, name, role)
