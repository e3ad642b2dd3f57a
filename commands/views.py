"""The views of the list of firms that an account keeps or is offered."""

from typing import TYPE_CHECKING, Any

import click

from commands.shared import as_json_option, command, database, group_of, known_to_json, now, run_first, show
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from pipeline.accounts.people import Person

_of = click.option("--of", "name", required=True, metavar="NAME", help=N_("The account that keeps it."))


@group_of("views", N_("Kept views of the list of firms."), 'goldseed views list --of "Li Lei"')
@click.option("--of", "name", metavar="NAME", help=N_("The account that keeps it."))
@as_json_option
@click.pass_context
def views(context: click.Context, name: str | None, as_json: bool) -> None:
    run_first(context, list_views, name=name, as_json=as_json)


@command(
    views, "list", N_("The views that an account keeps, and those it is offered."), 'goldseed views list --of "Li Lei"'
)
@_of
@as_json_option
def list_views(name: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import saved_views

    if name is None:
        raise click.UsageError(_("Say whose: --of NAME."))
    with Session(database()) as session:
        found = [known_to_json(each) for each in saved_views.views_of(session, _person(session, name))]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        text = [f"{each['id']:>5}  {each['name']}  {each['owner']}  /firms?{each['query']}" for each in entries]
        return text or [_("No view is kept.")]

    show(found, as_json, lines)


@command(
    views,
    "save",
    N_("Keep an address of the list under a name; one of the same name is replaced."),
    'goldseed views save "golden of the north" --of "Li Lei" --query "pool=golden&district=CODE&columns=broker"',
)
@click.argument("view_name", metavar="NAME")
@_of
@click.option("--query", required=True, metavar="TEXT", help=N_("The address behind the question mark."))
@click.option("--share", "role", metavar="ROLE", help=N_("Offer it to everybody of this role."))
@as_json_option
def save(view_name: str, name: str, query: str, role: str | None, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import saved_views

    with Session(database()) as session, session.begin():
        kept = saved_views.save_view(session, _person(session, name), view_name, query, now=now(), shared_with=role)
    show(known_to_json(kept), as_json, lambda each: _("The view %(name)s is kept.", name=each["name"]))


@command(views, "delete", N_("Forget a view."), 'goldseed views delete 3 --of "Li Lei"')
@click.argument("number", type=int)
@_of
@as_json_option
def delete(number: int, name: str, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.accounts import saved_views

    with Session(database()) as session, session.begin():
        saved_views.delete_view(session, _person(session, name), number, now=now())
    show({"deleted": number}, as_json, lambda _each: _("The view is forgotten."))


def _person(session: "Session", name: str) -> "Person":
    from pipeline.accounts import people

    account = people.named(session, name)
    if account is None:
        raise NotFound(Message(N_("There is no account named %(name)s."), {"name": name}))
    return people.person_from(account)
