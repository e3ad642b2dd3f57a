"""Models and scores: train, backtest, score, explain, and the store of models."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from commands.shared import (
    CITY,
    Day,
    Days,
    as_json_option,
    as_of_option,
    as_of_or_today,
    cohort_option,
    cohorts_option,
    command,
    console,
    database,
    event_option,
    exported,
    group_of,
    model_option,
    now,
    out_option,
    pairs,
    run_first,
    say,
    scheduler_option,
    seed_option,
    settings,
    show,
    somebody,
    today,
    why_option,
    within_option,
    workers_at,
)
from pipeline import language
from pipeline.language import N_
from pipeline.language import gettext as _
from scoring.engine.lightgbm_alone import take_lightgbm_alone


@click.command(
    "train",
    help=N_("Train a model that saw only what was known on the day."),
    epilog="goldseed train --as-of 2023-05-01 --cohort neeq --within 24",
)
@as_of_option
@cohorts_option
@event_option
@within_option(24)
@seed_option
@click.option("--name", metavar="NAME", help=N_("What the model is called; unless given, made from cohort and day."))
@scheduler_option
@click.option(
    "--fit",
    type=click.Choice(["local", "distributed"]),
    default="local",
    show_default=True,
    help=N_("distributed: the workers grow each tree together (lightgbm.dask), and the difference is told."),
)
@as_json_option
def train(
    as_of: date,
    cohorts: tuple[str, ...],
    event: str,
    within: int,
    seed: int,
    name: str | None,
    scheduler: str | None,
    fit: str,
    as_json: bool,
) -> None:
    from scoring.registry import train_model

    if fit == "distributed" and scheduler is None:
        raise click.UsageError(_("--fit distributed needs the workers of a --scheduler."))
    with workers_at(scheduler) as workers:
        trained = train_model.train(
            database(),
            settings().models,
            as_of,
            cohorts=list(cohorts) or [CITY],
            event=event,
            within_months=within,
            seed=seed,
            name=name,
            now=now(),
            by=somebody(),
            workers=workers,
            together=fit == "distributed",
        )
    show(trained, as_json, str)


@click.command(
    "backtest",
    help=N_("At each date: train on what was known, score, judge by what came, beside the baselines."),
    epilog="goldseed backtest --dates 2023-05-01,2024-05-01 --cohort neeq",
)
@click.option("--dates", type=Days(), required=True, metavar="D1,D2,…", help=N_("Scoring dates."))
@cohorts_option
@event_option
@within_option(12)
@seed_option
@out_option("--scores")
@scheduler_option
@as_json_option
def backtest(
    dates: list[date],
    cohorts: tuple[str, ...],
    event: str,
    within: int,
    seed: int,
    out: Path | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    from scoring.evaluation import backtest as backtests

    with workers_at(scheduler) as workers:
        report = backtests.backtest(
            database(),
            dates,
            cohorts=list(cohorts) or [CITY],
            event=event,
            within_months=within,
            seed=seed,
            known_by=today(),
            workers=workers,
        )
    if out:
        report.scores.to_csv(out, index=False)
        exported("backtest", out, rows=len(report.scores))
    show(report, as_json, str)


@click.command(
    "score",
    help=N_("Score every firm of a cohort; store and write points, probability and reasons."),
    epilog="goldseed score --as-of 2024-05-01 --out scores.csv",
)
@as_of_option
@cohort_option()
@model_option
@click.option(
    "--expected",
    "expected_events",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help=N_("How many events are expected; sets the level of the probabilities, never the points."),
)
@out_option()
@scheduler_option
@as_json_option
def score(
    as_of: date,
    cohort: str,
    model_id: str | None,
    expected_events: float | None,
    out: Path | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    from pipeline.accounts import people
    from scoring.scores import expected_events as expectation
    from scoring.scores import score_cohort as scoring_run
    from scoring.scores.day_model import latest_run

    with workers_at(scheduler) as workers:
        scored = scoring_run.score_cohort(
            database(),
            settings().models,
            as_of,
            cohort=cohort,
            model_id=model_id,
            now=now(),
            expected_events=expected_events,
            by=somebody(),
            workers=workers,
        )
    run = latest_run(database(), as_of, cohort, str(scored["model"].iloc[0]))
    if expected_events is not None and run is not None:
        by = people.console(somebody())
        expectation.set_expected(database(), run.id, expected_events, why="goldseed score --expected", by=by, now=now())
    for warning in scored.attrs["warnings"]:
        say(warning)
    say(
        _(
            "The probabilities expect %(count)s events among %(firms)s firms; set another number with --expected.",
            count=f"{scored['probability'].sum():.1f}",
            firms=len(scored),
        )
    )
    if out:
        scored.to_csv(out, index=False)
        exported("scores", out, rows=len(scored))
    top = scored.nlargest(20, "points")[["firm_id", "name", "points", "probability"]]
    document = {
        "as_of": as_of,
        "cohort": cohort,
        "model": scored["model"].iloc[0] if len(scored) else model_id,
        "firms": len(scored),
        "expected_events": float(scored["probability"].sum()),
        "out": out,
        "top": top.to_dict("records"),
    }
    show(document, as_json, lambda _document: top.round(4).to_string(index=False))


@click.command(
    "explain",
    help=N_("A firm's score, its reasons in words, the gaps to the boards, and what would raise it."),
    epilog="goldseed explain neeq:430025 --as-of 2024-05-01",
)
@click.argument("firm")
@as_of_or_today
@model_option
@as_json_option
def explain(firm: str, as_of: date | None, model_id: str | None, as_json: bool) -> None:
    take_lightgbm_alone()
    from scoring.explain.full_explanation import FullExplanation, as_on_the_dashboard, explained_firm

    explain_on = as_on_the_dashboard if as_of is None else explained_firm
    explanation = explain_on(database(), settings().models, firm, as_of or today(), model_id)
    show(explanation, as_json, FullExplanation.lines)


@click.command(
    "movers",
    help=N_("Whose points moved since the scores of an earlier day, by how much, and why; which lines they crossed."),
    epilog="goldseed movers --since 2025-05-01 --least 5",
)
@click.option("--since", type=Day(), metavar="DAY", help=N_("The earlier day; the last with scores unless given."))
@click.option(
    "--least",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    metavar="POINTS",
    help=N_("Only firms that moved by so many points."),
)
@as_json_option
def movers(since: date | None, least: float, as_json: bool) -> None:
    take_lightgbm_alone()
    from scoring.explain import movers as moved

    found = moved.movers(database(), settings().models, console(), since, least=least)

    def lines(document: moved.Movers) -> Iterator[str]:
        yield _(
            "%(before)s to %(now)s: %(compared)s firms compared",
            before=document.before.as_of.isoformat(),
            now=document.now.as_of.isoformat(),
            compared=document.compared,
        )
        yield _("rose by %(least)s points or more", least=f"{least:g}") + f": {document.rose}"
        yield _("fell by %(least)s points or more", least=f"{least:g}") + f": {document.fell}"
        yield _("thresholds of the listing rules changed between the two days: %(count)s", count=len(document.rules))
        for each in document.firms:
            crossed = language.joined(map(str, (*each.crossed, *(one.message for one in each.told))))
            yield f"{each.change.total:>+6.1f}  {each.firm_id:<20} {each.name or ''}  {each.change.told()}  {crossed}"

    show(found, as_json, lines)


@click.command(
    "compare",
    help=N_("Two to five firms side by side: score, reasons by group, boards, figures, stage, plan."),
    epilog="goldseed compare 91XXXXXXXN08654114 91XXXXXXXN175182X3 --json",
)
@click.argument("firms", nargs=-1, metavar="FIRM...", required=True)
@as_json_option
def compare(firms: tuple[str, ...], as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from dashboard.reports.side_by_side import side_by_side
    from scoring.firm_list.keeper import make_current

    engine = database()
    make_current(engine, today())
    with Session(engine) as session:
        found = [each.as_json() for each in side_by_side(session, console(), firms, today())]

    def lines(beside: list[dict[str, Any]]) -> Iterator[str]:
        for name in beside[0]:
            values = [each[name] for each in beside]
            told = [json.dumps(each, ensure_ascii=False) if isinstance(each, dict) else str(each) for each in values]
            yield f"{name:<14} " + " | ".join(told)

    show(found, as_json, lines)


@group_of("models", N_("The store of models; one champion."), "goldseed models list")
@as_json_option
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    run_first(context, list_models, as_json=as_json)


@command(models, "list", N_("Every model, the latest first, the champion marked."), "goldseed models list --json")
@as_json_option
def list_models(as_json: bool) -> None:
    from scoring.registry import registry

    def lines(models: list[registry.ModelSummary]) -> list[str]:
        return [
            f"{'★' if model.champion else ' '} {model.id}  {model.as_of}"
            + (f"  ! {_('its own baselines rank better')}" if model.ahead else "")
            for model in models
        ]

    show(registry.list_models(database()), as_json, lines)


@command(models, "show", N_("One model: what it saw, how it was measured, its card."), "goldseed models show ID")
@click.argument("model")
@as_json_option
def show_model(model: str, as_json: bool) -> None:
    from scoring.registry import registry

    show(registry.show(database(), settings().models, model), as_json, lambda details: pairs(details.as_json()))


@command(
    models,
    "compare",
    N_("Two models on the same rows: paired measures, and the firms whose rank moves most."),
    "goldseed models compare A B",
)
@click.argument("model")
@click.argument("other")
@as_of_or_today
@cohort_option()
@as_json_option
def compare_models(model: str, other: str, as_of: date | None, cohort: str, as_json: bool) -> None:
    from scoring.scores.compare_models import compare

    day = as_of or today()
    compared = compare(database(), settings().models, model, other, as_of=day, cohort=cohort)
    show(compared, as_json, lambda comparison: pairs(comparison.as_json()))


@command(
    models,
    "promote",
    N_("Make a model the champion; kept forever with its reason and who seconded it."),
    'goldseed models promote ID --why "better out of time" --second "Li Lei"',
)
@click.argument("model")
@why_option
@click.option("--second", "approved_by", metavar="NAME", help=N_("The second person, who agrees."))
@as_json_option
def promote_model(model: str, why: str, approved_by: str | None, as_json: bool) -> None:
    from scoring.registry import registry

    promoted = registry.promote(database(), model, why=why, by=somebody(), approved_by=approved_by, now=now())
    if promoted.warning is not None:
        say(promoted.warning)
    document = {
        "id": promoted.model,
        "champion": True,
        "action": promoted.action,
        "why": promoted.why,
        "by": promoted.by,
        "seconded_by": promoted.approved_by,
        "warnings": [] if promoted.warning is None else [promoted.warning],
    }
    show(document, as_json, lambda document: pairs({**document, "warnings": "; ".join(map(str, document["warnings"]))}))
