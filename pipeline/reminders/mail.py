"""One e-mail to one address, over a server that the settings name, encrypted unless they say otherwise."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from pipeline.city.in_force import city
from pipeline.errors import ShownToPeople
from pipeline.language import N_, Message
from pipeline.reminders.digest import Written
from pipeline.settings import Mail

_SECONDS = 20


class NotSent(ShownToPeople):
    """What was not sent, and why. `unsure`: the connection broke off, so it may have arrived after all."""

    def __init__(self, message: Message, *, unsure: bool = False) -> None:
        super().__init__(message)
        self.unsure = unsure


def composed(mail: Mail, to: str, content: Written, message_id: str, now: datetime) -> EmailMessage:
    """Text with the same as HTML beside it. Raises ValueError for an address or a subject with a line break."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = content.subject
    message["From"] = Address(f"{city().program.zh} {city().program.en}", addr_spec=mail.sender)
    message["To"] = Address(addr_spec=to)
    message["Date"] = now if now.tzinfo else now.replace(tzinfo=UTC)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(content.text)
    message.add_alternative(content.html, subtype="html")
    return message


def connected(mail: Mail) -> smtplib.SMTP:
    """A connection to the server, encrypted and signed in as the settings ask. Raises NotSent."""
    context = ssl.create_default_context()
    server: smtplib.SMTP | None = None
    try:
        if mail.security == "tls":
            server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=_SECONDS)
            server.ehlo()
            if mail.security == "starttls":
                if not server.has_extn("starttls"):
                    text = N_(
                        "The mail server %(host)s offers no encryption (STARTTLS), so nothing was sent. Ask for it, or "
                        "set GOLDSEED_SMTP_SECURITY to tls where it listens for TLS, to none only inside the house."
                    )
                    raise NotSent(Message(text, {"host": mail.host}))
                server.starttls(context=context)
                server.ehlo()
        if mail.user is not None:
            server.login(mail.user, mail.password or "")
    except smtplib.SMTPAuthenticationError as error:
        _close(server)
        text = N_("The mail server %(host)s does not accept the user %(user)s (%(code)s).")
        values = {"host": mail.host, "user": mail.user, "code": error.smtp_code}
        raise NotSent(Message(text, values)) from error
    except (OSError, smtplib.SMTPException) as error:  # ssl.SSLError is an OSError
        _close(server)
        text = N_("The mail server %(host)s cannot be used: %(why)s")
        raise NotSent(Message(text, {"host": mail.host, "why": _said(error)})) from error
    except NotSent:
        _close(server)
        raise
    return server


def answers(server: smtplib.SMTP) -> bool:
    """Whether the connection is still there: servers close one that they were sent much over."""
    try:
        return server.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False


def send(server: smtplib.SMTP, mail: Mail, to: str, message: EmailMessage) -> None:
    """Raises NotSent, unsure where nobody knows whether the server took it."""
    try:
        server.send_message(message, mail.sender, [to])
    except smtplib.SMTPRecipientsRefused as error:
        ((code, said),) = error.recipients.values()
        raise NotSent(_refused(code, said, to)) from error
    except smtplib.SMTPResponseException as error:
        raise NotSent(_refused(error.smtp_code, error.smtp_error, to)) from error
    except (OSError, smtplib.SMTPException) as error:
        text = N_("The connection to the mail server broke off; whether it took the e-mail is not known: %(why)s")
        raise NotSent(Message(text, {"why": _said(error)}), unsure=True) from error


def _refused(code: int, said: bytes | str, to: str) -> Message:
    """Without the address, which is its owner's alone."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    words = words.replace(to, "…")
    return Message(N_("the mail server refused it: %(code)s %(why)s"), {"code": code, "why": words[:200]})


def _said(error: Exception) -> str:
    return f"{type(error).__name__} {error}"[:200]


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()
