"""Commands on a stored model: does it still fit, the data of its plots, its card to sign, its files for other hosts.

Adds to the group of models.py; the pages about models call the same functions.
"""

from datetime import date
from pathlib import Path

import click

from commands.models import models
from commands.shared import (
    NEW_FILE,
    as_json_option,
    as_of_or_today,
    cohort_option,
    command,
    database,
    now,
    say,
    settings,
    show,
    somebody,
    today,
)
from pipeline.errors import NotFound
from pipeline.language import N_, language
from pipeline.language import gettext as _

__all__ = ["models"]


@command(
    models,
    "watch",
    N_("Does a model still fit the firms it scores? Retrain: no, look or yes, and why."),
    "goldseed models watch ID --as-of 2024-05-01",
)
@click.argument("model", required=False)
@as_of_or_today
@cohort_option()
@as_json_option
def watch_model(model: str | None, as_of: date | None, cohort: str, as_json: bool) -> None:
    from scoring.scores.monitoring import MonitoringReport, monitor

    report = monitor(database(), settings().models, as_of or today(), cohort=cohort, model_id=model)

    def lines(report: MonitoringReport) -> list[str]:
        status = {"no": _("Retrain: no"), "look": _("Retrain: look"), "yes": _("Retrain: yes")}[report.status]
        return [f"{report.model}  {status}", *map(str, report.causes)]

    show(report, as_json, lines)


@command(
    models,
    "plots",
    N_("The data of every plot of a model's page as CSV files in a folder."),
    "goldseed models plots ID --out plots",
)
@click.argument("model")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help=N_("The folder to write them into."),
)
@as_json_option
def plots_of_model(model: str, out: Path, as_json: bool) -> None:
    from dashboard.jobs import model_tasks
    from dashboard.queries.model_cache import ModelCache
    from dashboard.queries.plot_tables import TABLES, TableQuery

    given = settings()
    cache = ModelCache(database(), given.models, model)
    if cache.inspection() is None:
        model_tasks.inspect(given, out, lambda _share, says: say(says), model=model)
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table_of in TABLES.items():
        try:
            table = table_of(TableQuery(cache))
        except NotFound:  # not computed yet, such as a backtest that nobody asked for
            continue
        table.to_csv(out / f"{name}.csv", index=False)
        written.append({"file": str(out / f"{name}.csv"), "rows": len(table)})
    show({"model": model, "written": written}, as_json, lambda told: [one["file"] for one in told["written"]])


@command(
    models,
    "card",
    N_("A model's card as PDF, to read and to sign."),
    "goldseed models card ID --out card.pdf",
)
@click.argument("model")
@click.option("--out", type=NEW_FILE, required=True, metavar="FILE.pdf", help=N_("The file to write."))
def card_of_model(model: str, out: Path) -> None:
    from scoring.registry import registry
    from scoring.registry.model_card import card_pdf

    shown = registry.show(database(), settings().models, model)
    stored = registry.load(database(), settings().models, model)
    out.write_bytes(card_pdf(model, stored.model, shown.measures, language()))
    click.echo(_("%(file)s is written.", file=out))


@command(
    models,
    "store",
    N_("Store the files of this host's models in the database, where they are not yet, so that every host has them."),
    "goldseed models store",
)
@as_json_option
def store_files(as_json: bool) -> None:
    from scoring.registry.model_files import StoredFiles, store_missing

    def lines(done: StoredFiles) -> list[str]:
        said = [_("%(model)s: stored", model=model) for model in done.stored]
        said += [_("%(model)s: its files are neither here nor stored", model=model) for model in done.elsewhere]
        said += [_("%(model)s: the folder here is of another model, not stored", model=model) for model in done.others]
        return said or [_("Nothing was missing.")]

    show(store_missing(database(), settings().models, now=now(), by=somebody()), as_json, lines)
