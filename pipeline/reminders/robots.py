"""A message to a group of WeCom or DingTalk, by the robot that the group has given an address.

The address holds the robot's key: whoever has it can write to the group, so it stands in no message and no log.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.parse import quote_plus, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pipeline.language import N_, Message
from pipeline.reminders.mail import NotSent
from pipeline.settings import Robot

_SECONDS = 10
_LONGEST_ANSWER = 10_000


class _NoRedirect(HTTPRedirectHandler):
    """What is meant for one address goes to no other."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def payload(kind: str, title: str, text: str) -> dict[str, object]:
    """A message in markdown as the robot of this kind reads it."""
    if kind == "dingtalk":
        return {"msgtype": "markdown", "markdown": {"title": title, "text": text}}
    return {"msgtype": "markdown", "markdown": {"content": text}}


def signed(url: str, secret: str | None, now: datetime) -> str:
    """The address with DingTalk's time stamp and signature; as it is without a secret."""
    if not secret:
        return url
    stamp = round((now if now.tzinfo else now.replace(tzinfo=UTC)).timestamp() * 1000)
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    sign = quote_plus(base64.b64encode(digest))
    return f"{url}{'&' if urlsplit(url).query else '?'}timestamp={stamp}&sign={sign}"


def post(robot: Robot, title: str, text: str, now: datetime) -> None:
    """Raises NotSent, also where the answer is 200 and says that it was refused."""
    url = signed(robot.url, robot.secret if robot.kind == "dingtalk" else None, now)
    body = json.dumps(payload(robot.kind, title, text), ensure_ascii=False).encode()
    request = Request(url, body, {"Content-Type": "application/json"}, method="POST")
    host = urlsplit(robot.url).hostname
    try:
        with build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
            said = json.loads(answer.read(_LONGEST_ANSWER))
    except HTTPError as error:
        error.close()
        raise NotSent(_not_sent(host, f"HTTP {error.code}")) from None
    except ValueError:
        raise NotSent(_not_sent(host, "no JSON"), unsure=True) from None
    except (OSError, HTTPException) as error:  # its text may hold the address
        raise NotSent(_not_sent(host, type(error).__name__), unsure=isinstance(error, TimeoutError)) from None
    code = said.get("errcode") if isinstance(said, dict) else None
    if code != 0:
        raise NotSent(_not_sent(host, f"errcode {code}"))


def _not_sent(host: str | None, why: str) -> Message:
    return Message(N_("The robot at %(host)s did not take the message: %(why)s"), {"host": host, "why": why})
