"""People and what comes of it: accounts, and what came before a success."""

from datetime import date
from typing import Any

import click

from commands.shared import (
    as_json_option,
    as_of_or_today,
    command,
    console,
    database,
    group_of,
    now,
    run_first,
    show,
    today,
)
from pipeline import language
from pipeline.accounts.roles import ROLES, account_roles
from pipeline.language import N_
from pipeline.language import gettext as _


class _RoleOption(click.Option):
    """An option whose help names the roles that an account can have."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None:
            return None
        roles = [str(role) for role in account_roles()]
        if language.language() != language.ENGLISH:
            roles = [f"{role}（{language.pick(ROLES[role].name)}）" for role in roles]
        return record[0], record[1] % {"roles": language.listed(roles)}


# --- accounts -------------------------------------------------------------------------------------------------


@group_of("people", N_("Accounts: who may sign in, and as what."), "goldseed people list")
@as_json_option
@click.pass_context
def people(context: click.Context, as_json: bool) -> None:
    run_first(context, list_people, as_json=as_json)


@command(people, "list", N_("Every account, disabled ones too."), "goldseed people list --json")
@as_json_option
def list_people(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people as accounts

    with Session(database()) as session:
        listed = [
            {
                "name": each.name,
                "role": each.role,
                "firm_id": each.firm_id,
                "district_code": each.district_code,
                "department": each.department,
                "disabled": each.disabled,
            }
            for each in accounts.list_people(session)
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{each['name']:<20} {each['role']:<12} "
            f"{each['firm_id'] or each['district_code'] or each['department'] or '':<20}"
            f"{_('disabled') if each['disabled'] else ''}"
            for each in entries
        ]

    show(listed, as_json, lines)


@command(
    people,
    "add",
    N_("Open an account; its password is printed once and kept nowhere."),
    'goldseed people add "Li Lei" --role officer',
)
@click.argument("name")
@click.option("--role", cls=_RoleOption, required=True, metavar="ROLE", help=N_("One of: %(roles)s."))
@click.option("--firm", "firm_id", metavar="ID", help=N_("The firm that an enterprise account speaks for."))
@click.option("--district", "district_code", metavar="CODE", help=N_("Only the firms of this district, e.g. 440703."))
@click.option(
    "--department", metavar="ID", help=N_("The department that a department's account answers for, e.g. tax.")
)
@as_json_option
def add_person(
    name: str, role: str, firm_id: str | None, district_code: str | None, department: str | None, as_json: bool
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people as accounts

    with Session(database()) as session, session.begin():
        account, password = accounts.add(
            session,
            name,
            role,
            firm_id=firm_id,
            district_code=district_code,
            department=department,
            by=console(),
            now=now(),
        )
        added = {"name": account.name, "role": account.role, "firm_id": account.firm_id}
        added |= {"department": account.department} if account.department else {}
        added |= {"password": password}
    show(added, as_json, lambda each: _("%(name)s (%(role)s), password: %(password)s", **each))


@command(
    people,
    "disable",
    N_("Close an account; its sessions end at once, and what it looks after goes to others."),
    'goldseed people disable "Li Lei" --to by-load',
)
@click.argument("name")
@click.option(
    "--to",
    metavar="NAME",
    help=N_("To whom its cases, steps and tasks go: an account, by-load (somebody for each case) or nobody."),
)
@as_json_option
def disable_person(name: str, to: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.mentors import handover

    with Session(database()) as session, session.begin():
        account, handed = handover.close_account(session, name, by=console(), now=now(), to=to)
        closed = {"name": account.name, "disabled": True}
        closed |= {"cases": dict(handed.cases), "leads": handed.leads, "steps": handed.steps, "tasks": handed.tasks}

    def lines(each: dict[str, Any]) -> list[str]:
        went = [f"{case:>5} → {heir or _('nobody yet')}" for case, heir in each["cases"].items()]
        return [_("%(name)s can no longer sign in.", name=each["name"]), *went]

    show(closed, as_json, lines)


@command(
    people, "password", N_("Give an account a new password; its sessions end."), 'goldseed people password "Li Lei"'
)
@click.argument("name")
@as_json_option
def new_password(name: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people as accounts

    with Session(database()) as session, session.begin():
        account, password = accounts.set_password(session, name, by=console(), now=now())
        given = {"name": account.name, "role": account.role, "password": password}
    show(given, as_json, lambda each: _("%(name)s (%(role)s), password: %(password)s", **each))


# --- what came before a success -------------------------------------------------------------------------------


@click.command(
    "effect",
    help=N_(
        "What came before a firm reached its next stage or its points rose, beside firms to which it had not come: no "
        "cause, but counts with their intervals."
    ),
    epilog="goldseed effect --as-of 2026-05-01 --json",
)
@as_of_or_today
@as_json_option
def effect(as_of: date | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.effect import effect as before
    from pipeline.effect import in_words

    with Session(database()) as session:
        found = before.effect(session, console(), as_of or today())
    show(found, as_json, in_words.lines)
