"""Accounts: who may sign in, and as what; invitations, another role, how somebody is reached."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from commands.shared import (
    as_json_option,
    command,
    console,
    database,
    group_of,
    now,
    run_first,
    settings,
    show,
)
from pipeline import language
from pipeline.accounts.roles import ROLES, account_roles
from pipeline.language import N_
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from pipeline.tutoring.mentors.handover import HandedOver


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


_Command = TypeVar("_Command", bound=Callable[..., None])


def _role_and_place(function: _Command) -> _Command:
    """What an account is: its role, and the firm, district or department that the role asks for."""
    for option in (
        click.option(
            "--department", metavar="ID", help=N_("The department that a department's account answers for, e.g. tax.")
        ),
        click.option(
            "--district", "district_code", metavar="CODE", help=N_("Only the firms of this district, by its code.")
        ),
        click.option("--firm", "firm_id", metavar="ID", help=N_("The firm that an enterprise account speaks for.")),
        click.option("--role", cls=_RoleOption, required=True, metavar="ROLE", help=N_("One of: %(roles)s.")),
    ):
        function = option(function)
    return function


def _contact_options(function: _Command) -> _Command:
    for option in (
        click.option("--phone", metavar="NUMBER", help=N_("Its phone number.")),
        click.option("--unit", metavar="UNIT", help=N_("Its unit, e.g. the bureau, a town, a company's office.")),
        click.option("--person-name", metavar="NAME", help=N_("The name of its person.")),
    ):
        function = option(function)
    return function


def _to_whom(function: _Command) -> _Command:
    return click.option(
        "--to",
        metavar="NAME",
        help=N_("To whom its cases, steps and tasks go: an account, by-load (somebody for each case) or nobody."),
    )(function)


@group_of("people", N_("Accounts: who may sign in, and as what."), "goldseed people list")
@as_json_option
@click.pass_context
def people(context: click.Context, as_json: bool) -> None:
    run_first(context, list_people, as_json=as_json)


@command(people, "list", N_("Every account, disabled ones too."), "goldseed people list --json")
@as_json_option
def list_people(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import outside_accounts, second_step
    from pipeline.accounts import people as accounts

    with Session(database()) as session:
        with_code, bound = second_step.on_for(session), outside_accounts.bound(session)
        listed = [
            {
                "name": each.name,
                "role": each.role,
                "firm_id": each.firm_id,
                "district_code": each.district_code,
                "department": each.department,
                "disabled": each.disabled,
                "person_name": each.person_name,
                "unit": each.unit,
                "phone": each.phone,
                "second_step": each.id in with_code,
                "bound": each.id in bound,
            }
            for each in accounts.list_people(session)
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [
            f"{each['name']:<20} {each['role']:<18} "
            f"{each['firm_id'] or each['district_code'] or each['department'] or '':<20}"
            f"{_('disabled') if each['disabled'] else ''}"
            f"{language.joined(filter(None, (each['person_name'], each['unit'], each['phone'])))}"
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
@_role_and_place
@_contact_options
@click.option(
    "--invite", is_flag=True, help=N_("Print a link that opens once, by which its owner sets the password, instead.")
)
@as_json_option
def add_person(
    name: str,
    role: str,
    firm_id: str | None,
    district_code: str | None,
    department: str | None,
    person_name: str | None,
    unit: str | None,
    phone: str | None,
    invite: bool,
    as_json: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import invitations
    from pipeline.accounts import people as accounts
    from pipeline.accounts.contacts import Contact

    with Session(database()) as session, session.begin():
        account, password = accounts.add(
            session,
            name,
            role,
            firm_id=firm_id,
            district_code=district_code,
            department=department,
            contact=Contact(person_name, unit, phone),
            by=console(),
            now=now(),
        )
        added = {"name": account.name, "role": account.role, "firm_id": account.firm_id}
        added |= {"department": account.department} if account.department else {}
        if invite:
            added |= _link(invitations.invite(session, account.name, by=console(), now=now()))
        else:
            added |= {"password": password}
    if invite:
        show(added, as_json, _invited)
    else:
        show(added, as_json, lambda each: _("%(name)s (%(role)s), password: %(password)s", **each))


@command(
    people,
    "invite",
    N_("A link that opens once, within a week, by which an account's owner sets its password; the old one ends."),
    'goldseed people invite "Li Lei"',
)
@click.argument("name")
@as_json_option
def invite_person(name: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import invitations
    from pipeline.accounts import people as accounts

    with Session(database()) as session, session.begin():
        token = invitations.invite(session, name, by=console(), now=now())
        account = accounts.named(session, name)
        assert account is not None  # it has just been invited
        made = {"name": account.name, "role": account.role} | _link(token)
    show(made, as_json, _invited)


def _link(token: str) -> dict[str, str]:
    """The link, whole where GOLDSEED_ADDRESS says where the board is."""
    return {"link": f"{settings().address or ''}/invitation/{token}"}


def _invited(each: dict[str, Any]) -> str:
    return _("%(name)s (%(role)s) sets a password here, once, within a week: %(link)s", **each)


@command(
    people,
    "move",
    N_("Give an account another role or district; its sessions end, and what it reaches no more goes to others."),
    'goldseed people move "Li Lei" --role officer --district CODE --to by-load',
)
@click.argument("name")
@_role_and_place
@_to_whom
@as_json_option
def move_person(
    name: str,
    role: str,
    firm_id: str | None,
    district_code: str | None,
    department: str | None,
    to: str | None,
    as_json: bool,
) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.mentors import handover

    with Session(database()) as session, session.begin():
        account, handed = handover.move_account(
            session, name, role, firm_id, district_code, department=department, by=console(), now=now(), to=to
        )
        moved = {"name": account.name, "role": account.role, "firm_id": account.firm_id}
        moved |= {"district_code": account.district_code, "department": account.department} | _handed(handed)

    def lines(each: dict[str, Any]) -> list[str]:
        place = each["firm_id"] or each["district_code"] or each["department"]
        role_there = language.in_brackets(each["role"], place) if place else each["role"]
        return [_("%(name)s is now: %(role)s.", name=each["name"], role=role_there), *_went(each)]

    show(moved, as_json, lines)


@command(
    people,
    "contact",
    N_("Say who stands behind an account: name, unit, phone. What is left out stays; '' takes it away."),
    'goldseed people contact "Li Lei" --unit 市金融局 --phone 0000-1234567',
)
@click.argument("name")
@_contact_options
@as_json_option
def contact(name: str, person_name: str | None, unit: str | None, phone: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import people as accounts
    from pipeline.accounts.contacts import Contact, contact_of

    with Session(database()) as session, session.begin():
        found = accounts.named(session, name)
        before = Contact() if found is None else contact_of(found)
        given = {"person_name": person_name, "unit": unit, "phone": phone}
        said = replace(before, **{field: value for field, value in given.items() if value is not None})
        account = accounts.set_contact(session, name, said, by=console(), now=now())
        kept = {"name": account.name, **vars(contact_of(account))}
        shown = contact_of(account).beside(account.name)
    show(kept, as_json, lambda _each: shown)


@command(
    people,
    "disable",
    N_("Close an account; its sessions end at once, and what it looks after goes to others."),
    'goldseed people disable "Li Lei" --to by-load',
)
@click.argument("name")
@_to_whom
@as_json_option
def disable_person(name: str, to: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.tutoring.mentors import handover

    with Session(database()) as session, session.begin():
        account, handed = handover.close_account(session, name, by=console(), now=now(), to=to)
        closed = {"name": account.name, "disabled": True} | _handed(handed)

    def lines(each: dict[str, Any]) -> list[str]:
        return [_("%(name)s can no longer sign in.", name=each["name"]), *_went(each)]

    show(closed, as_json, lines)


def _handed(handed: "HandedOver") -> dict[str, Any]:
    return {"cases": dict(handed.cases), "leads": handed.leads, "steps": handed.steps, "tasks": handed.tasks}


def _went(each: dict[str, Any]) -> list[str]:
    return [f"{case:>5} → {heir or _('nobody yet')}" for case, heir in each["cases"].items()]


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


@command(
    people,
    "no-second-step",
    N_("Turn the second step of an account's sign-in off, for whoever has lost the phone; its sessions end."),
    'goldseed people no-second-step "Li Lei"',
)
@click.argument("name")
@as_json_option
def no_second_step(name: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import second_step

    with Session(database()) as session, session.begin():
        account = second_step.turn_off(session, name, by=console(), now=now())
        turned = {"name": account.name, "second_step": False}
    show(turned, as_json, lambda each: _("%(name)s signs in without a code again; open sessions have ended.", **each))


@command(
    people,
    "waiting",
    N_("Who has signed in with an account of the city and has none here yet."),
    "goldseed people waiting",
)
@as_json_option
def list_waiting(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import outside_accounts

    with Session(database()) as session:
        listed = [
            {
                "number": each.id,
                "provider": each.issuer,
                "shown_name": each.shown_name,
                "role": each.asked_role,
                "since": each.first_at.isoformat(),
            }
            for each in outside_accounts.waiting(session)
        ]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        found = [
            f"{each['number']:>5} {each['shown_name'] or '':<20} {each['role'] or '':<18} {each['provider']}"
            for each in entries
        ]
        return found or [_("Nobody waits.")]

    show(listed, as_json, lines)


@command(
    people,
    "bind",
    N_("Let somebody who waits with an account of the city open this account."),
    'goldseed people bind "Li Lei" --waiting 12',
)
@click.argument("name")
@click.option("--waiting", "number", type=int, required=True, metavar="NUMBER", help=N_("Under which they wait."))
@as_json_option
def bind_person(name: str, number: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import outside_accounts

    with Session(database()) as session, session.begin():
        account = outside_accounts.bind(session, name, number, by=console(), now=now())
        done = {"name": account.name, "bound": True}
    show(done, as_json, lambda each: _("%(name)s is opened with the city's account from now on.", **each))


@command(
    people,
    "unbind",
    N_("No account of the city opens this account any more; its sessions end."),
    'goldseed people unbind "Li Lei"',
)
@click.argument("name")
@as_json_option
def unbind_person(name: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import outside_accounts

    with Session(database()) as session, session.begin():
        account = outside_accounts.unbind(session, name, by=console(), now=now())
        done = {"name": account.name, "bound": False}
    show(done, as_json, lambda each: _("No account of the city opens %(name)s any more.", **each))
