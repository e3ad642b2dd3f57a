"""Commands that run the program: its status, the demo, the dashboard."""

from pathlib import Path
from typing import Any

import click

from commands.shared import as_json_option, database, now, pairs, say, settings, show, today
from pipeline.language import N_
from pipeline.language import gettext as _

host_option = click.option("--host", default="127.0.0.1", show_default=True, help=N_("The address to answer on."))
port_option = click.option(
    "--port", default=8050, show_default=True, type=click.IntRange(1, 65535), help=N_("The port to answer on.")
)


@click.command(
    "status",
    help=N_("What is in the database: firms, rows, scores, pools, cases."),
    epilog="goldseed status --json",
)
@as_json_option
def status(as_json: bool) -> None:
    from pipeline.store.status import status_of

    show(status_of(database()), as_json, lambda status: pairs(status.as_json()))


@click.command("serve", help=N_("Serve the board."), epilog="goldseed serve --port 8050 --workers 2")
@host_option
@port_option
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help=N_("Processes that answer side by side."),
)
def serve(host: str, port: int, workers: int) -> None:
    from dashboard import serving

    say(_("The board is on http://%(host)s:%(port)d (stop it with Ctrl-C).", host=host, port=port))
    serving.serve(settings(), host=host, port=port, workers=workers)


@click.command(
    "demo",
    help=N_("A made-up city of 2,200 firms through the real import, model, rules and reviews; then the board."),
    epilog="goldseed demo --no-serve",
)
@click.option("--firms", default=2200, show_default=True, type=click.IntRange(300, 20000), help=N_("How many firms."))
@click.option("--seed", default=0, show_default=True, help=N_("Another seed, another city."))
@click.option("--serve/--no-serve", "serving", default=True, help=N_("Serve the board afterwards, or stop."))
@click.option(
    "--keep",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=N_("Where the city's workbooks are written; unless given, data/demo."),
)
@host_option
@port_option
@click.pass_context
def demo(context: click.Context, serving: bool, host: str, port: int, **city: Any) -> None:
    from commands.demo.city import make_demo

    accounts = make_demo(database(), settings(), today=today(), now=now(), say=say, **city)
    say("")
    for account in accounts:
        say(_("%(name)s (%(role)s), password: %(password)s", **vars(account)))
    if serving:
        context.invoke(serve, host=host, port=port, workers=1)
