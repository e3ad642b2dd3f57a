"""A small provider of the city's accounts, in the test itself: OpenID Connect with a signed ID token, and the calls of
WeCom and DingTalk beside it. What it should do wrong is set on it."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "goldseed", "the client's secret"
#: Not so short that it could stand in a random word by chance.
CODE = "the-one-code"


class Provider:
    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one"}, private=True)
        self.claims: dict[str, Any] = {}
        self.signer: Any = self.key
        self.corp, self.errcode = "ding-city", 0
        self.asked: dict[str, str] = {}
        self.seen: list[str] = []
        self.address = ""

    def authorize(self, address: str, *, code: str = CODE) -> str:
        """What a browser brings back from this address: a code for what was asked there."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return f"code={code}&state={self.asked['state']}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        right = proof.rstrip(b"=").decode() == self.asked.get("code_challenge")
        if authorization != f"Basic {basic}" or form.get("code") != CODE or not right:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        said = {"iss": self.address, "sub": "s-1", "aud": CLIENT, "iat": now, "exp": now + 300, "name": "何敏"}
        said |= {"nonce": self.asked["nonce"]} | self.claims
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, said, self.signer)
        return 200, {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": signed}

    def answer(self, method: str, path: str, sent: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        self.seen.append(path)
        if path == "/.well-known/openid-configuration":
            at = self.address
            return 200, {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/jwks",
                "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
            }
        if path == "/jwks":
            return 200, {"keys": [self.key.as_dict(private=False)]}
        if path == "/token":
            return self.token(sent, headers.get("Authorization", ""))
        if path == "/cgi-bin/gettoken":
            right = sent == {"corpid": CLIENT, "corpsecret": SECRET}
            return 200, {"errcode": 0, "access_token": "t"} if right else {"errcode": 40001}
        if path == "/cgi-bin/auth/getuserinfo":
            right = sent == {"access_token": "t", "code": CODE}
            return 200, {"errcode": self.errcode, "userid": "HeMin"} if right else {"errcode": 40029}
        if path == "/v1.0/oauth2/userAccessToken":
            right = (sent["clientSecret"], sent["code"], sent["grantType"]) == (SECRET, CODE, "authorization_code")
            return (200, {"accessToken": "u", "corpId": self.corp}) if right else (400, {"code": "invalidCode"})
        if path == "/v1.0/contact/users/me" and headers.get("x-acs-dingtalk-access-token") == "u":
            return 200, {"nick": "何敏", "unionId": "union-1"}
        return 404, {}


@contextmanager
def provider_here() -> Iterator[Provider]:
    known = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self.say(parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self.say(self.path, json.loads(body) if body.startswith("{") else form)

        def say(self, path: str, sent: dict[str, str]) -> None:
            status, said = known.answer(self.command, path, sent, self.headers)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_about: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
