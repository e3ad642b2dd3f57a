"""The labels that officers put on firms."""

from typing import Any

import click

from commands.shared import as_json_option, command, console, database, group_of, known_to_json, now, run_first, show
from pipeline.language import N_
from pipeline.language import gettext as _

_label = click.argument("label", metavar="LABEL")
_firms = click.argument("firms", nargs=-1, required=True, metavar="FIRM...")


@group_of(
    "labels",
    N_("Labels of the bureau's own on firms: which there are, put one, take it away."),
    "goldseed labels list",
)
@as_json_option
@click.pass_context
def labels(context: click.Context, as_json: bool) -> None:
    run_first(context, list_labels, as_json=as_json)


@command(labels, "list", N_("Every label that stands, and on how many firms."), "goldseed labels list --json")
@as_json_option
def list_labels(as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.labels import firm_labels

    with Session(database()) as session:
        found = [known_to_json(each) for each in firm_labels.known_labels(session, console())]

    def lines(entries: list[dict[str, Any]]) -> list[str]:
        return [f"{each['firms']:>6}  {each['label']}" for each in entries] or [_("No firm has a label.")]

    show(found, as_json, lines)


@command(
    labels,
    "put",
    N_("Put a label on firms; where it stands already nothing changes."),
    "goldseed labels put 重点督办 91XXXXXXMA5CA1L08E",
)
@_label
@_firms
@as_json_option
def put(label: str, firms: tuple[str, ...], as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.labels import firm_labels

    with Session(database()) as session, session.begin():
        fresh = firm_labels.put(session, console(), firms, label, now())
    show({"put": list(fresh)}, as_json, lambda done: _("The label was put on %(firms)s firms.", firms=len(done["put"])))


@command(
    labels,
    "take",
    N_("Take a label away from firms; those without it stay as they are."),
    "goldseed labels take 重点督办 91XXXXXXMA5CA1L08E",
)
@_label
@_firms
@as_json_option
def take(label: str, firms: tuple[str, ...], as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from pipeline.labels import firm_labels

    with Session(database()) as session, session.begin():
        had = firm_labels.take(session, console(), firms, label, now())
    show(
        {"taken": list(had)},
        as_json,
        lambda done: _("The label was taken off %(firms)s firms.", firms=len(done["taken"])),
    )
