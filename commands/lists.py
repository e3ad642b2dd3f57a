"""The stored lists: proved equal to lists worked out anew, and made anew."""

import click

from commands.shared import as_json_option, command, database, group_of, run_first, show, today
from pipeline.language import N_
from pipeline.language import gettext as _


@group_of(
    "lists", N_("What lists, filters and counts show of every firm, stored when it changes."), "goldseed lists check"
)
@click.pass_context
def lists(context: click.Context) -> None:
    run_first(context, check)


@command(
    lists,
    "check",
    N_("Hold every stored row against one worked out anew; exit code 1 where they differ."),
    "goldseed lists check --json",
)
@as_json_option
def check(as_json: bool = False) -> None:
    from scoring.firm_list.keeper import prove

    proof = prove(database())
    show(proof, as_json, lambda each: str(each.message))
    if proof.differing:
        raise click.exceptions.Exit(1)


@command(
    lists,
    "rebuild",
    N_("Work out every row anew, as of today; needed only where `lists check` finds a difference."),
    "goldseed lists rebuild",
)
@as_json_option
def rebuild(as_json: bool) -> None:
    from scoring.firm_list import keeper

    rows = keeper.rebuild(database(), today())
    show({"rows": rows}, as_json, lambda made: _("%(rows)s rows of the lists were worked out anew.", **made))
