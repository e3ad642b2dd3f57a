"""What people are told without asking: e-mails of what waits, messages to groups, addresses of calendars."""

from datetime import date
from typing import TYPE_CHECKING

import click

from commands.shared import (
    as_json_option,
    as_of_or_today,
    console,
    database,
    now,
    say,
    settings,
    show,
    today,
)
from pipeline import language
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from pipeline.reminders.sending import Outcome


@click.command(
    "digest",
    help=N_(
        "What waits for whom, by e-mail as each has chosen, and as a message to groups. With --send overdue problems "
        "are raised first. Safe to repeat: nobody is sent the same twice. Exit code 1 where something was not sent."
    ),
    epilog="goldseed digest --send",
)
@click.option("--send", is_flag=True, help=N_("Send it; without this it is only shown."))
@click.option("--person", "name", metavar="NAME", help=N_("Of this account alone, and no group."))
@click.option("--daily", "often", flag_value="daily", help=N_("Only to those who are written to every day."))
@click.option("--weekly", "often", flag_value="weekly", help=N_("Only to those who are written to every week."))
@click.option("--again", is_flag=True, help=N_("Send also what was sent already, or may have been."))
@as_of_or_today
@as_json_option
def digest(send: bool, name: str | None, often: str | None, again: bool, as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.reminders import sending
    from pipeline.tutoring.problems import escalation

    on, engine, chosen = as_of or today(), database(), settings()
    if send and on > today():
        raise click.UsageError(_("%(day)s has not come yet: nothing is sent for it.", day=on))
    if name is not None:
        with Session(engine) as session:
            if people.named(session, name) is None:
                raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
    raised = 0
    if not send:
        with Session(engine) as session:
            found = sending.planned(session, console(), on, often=often, name=name)
    else:
        if name is None and on == today():
            with Session(engine) as session, session.begin():
                raised = len(escalation.raise_overdue(session, console(), on, now()))
        moment = now()
        found = sending.send_digests(
            engine, console(), on, chosen.mail, chosen.address, often=often, name=name, now=moment, again=again
        )
        if name is None:
            found += sending.send_to_groups(
                engine, console(), on, chosen.robots, chosen.address, now=moment, again=again
            )
    document = {"on": on, "send": send, "raised": raised, "outcomes": found}

    def lines(_document: object) -> list[str]:
        return [_line(one) for one in found] or [_("Nothing waits for anybody.")]

    show(document, as_json, lines)
    if bad := [one for one in found if one.bad]:
        say(_("%(count)s could not be sent; the next run tries those again that were refused.", count=len(bad)))
        raise click.exceptions.Exit(1)


def _line(one: "Outcome") -> str:
    from pipeline.reminders.notices import GROUP_NAMES

    parts = [] if one.digest is None else one.digest.parts
    counted = [language.headed(language.pick(GROUP_NAMES[part.group]), part.count) for part in parts]
    why = [] if one.why is None else [str(one.why)]
    return f"{one.to}  {one.period}  {_(_STATES[one.state])}  {language.joined([*counted, *why])}".rstrip()


_STATES = {
    "due": N_("to be sent"),
    "sent": N_("sent"),
    "failed": N_("not sent"),
    "unsure": N_("not known whether it arrived; --again sends it anew"),
    "nothing": N_("nothing waits"),
    "before": N_("sent before"),
    "unwanted": N_("has chosen no e-mails"),
}


@click.command(
    "calendar",
    help=N_("The address at which an account's calendar can be subscribed to; whoever has it reads the calendar."),
    epilog='goldseed calendar "Li Lei" --make',
)
@click.argument("name")
@click.option("--make", is_flag=True, help=N_("A new address, which is shown this once; the one before ends."))
@click.option("--revoke", is_flag=True, help=N_("End the address."))
@as_json_option
def calendar(name: str, make: bool, revoke: bool, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people
    from pipeline.reminders import calendar_address

    if make and revoke:
        raise click.UsageError(_("Say which it is: --make or --revoke."))
    address = None
    with Session(database()) as session, session.begin():
        if make:
            token = calendar_address.make_token(session, name, by=console(), now=now())
            address = f"{settings().address or ''}/calendar/{token}.ics"
        elif revoke:
            calendar_address.revoke(session, name, by=console(), now=now())
        account = people.named(session, name)
        if account is None:
            raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
        since = calendar_address.has_address(session, people.person_from(account))
    document = {"name": account.name, "since": since, "address": address}

    def text(_document: object) -> str:
        if address is not None:
            return address
        return _("An address since %(day)s.", day=since.date()) if since else _("There is no address.")

    show(document, as_json, text)
