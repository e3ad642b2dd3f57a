"""The command line: puts the commands together, and turns what went wrong into a message and an exit code.

At the top of the import order: cli -> commands -> dashboard -> scoring -> pipeline.

Exit codes: 0 done, 2 a mistake of the caller's or a disk that takes nothing more, 3 a wrong file (every problem
listed, nothing stored), 1 our own fault (with its traceback, but where the database refused a value).
"""

import gettext as stdlib_gettext
import os
import sys

import click

from commands import (
    intake,
    lists,
    model_registry,
    models,
    papers,
    people,
    reminders,
    rules,
    running,
    search,
    trail,
    views,
)
from commands.of_firms import (
    activities,
    agencies,
    finance,
    growers,
    ladder,
    monitor,
    objections,
    pacesetters,
    returns,
    support,
    targets,
    timeline,
)
from commands.pools import pools
from commands.shared import say
from commands.tutoring import advisers, cases, effect, labels, messages, problems, tasks, visits, whats_on
from pipeline import language
from pipeline.errors import ShownToPeople
from pipeline.language import N_
from pipeline.language import gettext as _
from pipeline.settings import from_environment, language_asked_for, work_for_its_city


@click.group(
    name="goldseed",
    help=N_("Finds firms that could be listed, says why, and follows their tutoring."),
    epilog="goldseed demo",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="goldseed", message="%(prog)s %(version)s")
@click.pass_context
def goldseed(context: click.Context) -> None:
    context.obj = from_environment()
    work_for_its_city(context.obj)


for part in (
    intake.import_returns,
    intake.import_events,
    intake.import_activities,
    intake.imports,
    intake.intake,
    intake.template,
    intake.maps,
    intake.facts,
    models.train,
    models.backtest,
    models.score,
    models.explain,
    models.movers,
    effect,
    models.compare,
    papers.report,
    model_registry.models,
    rules.rules,
    people.people,
    views.views,
    search.search,
    labels,
    pools,
    cases,
    visits,
    tasks,
    problems,
    advisers,
    messages,
    objections,
    returns,
    timeline,
    ladder,
    monitor,
    support,
    activities,
    agencies,
    finance,
    growers,
    pacesetters,
    targets,
    whats_on,
    reminders.digest,
    reminders.calendar,
    trail.audit,
    lists.lists,
    running.status,
    running.serve,
    running.demo,
):
    goldseed.add_command(part)


def main() -> None:
    """Run the program; never returns."""
    try:
        language.set_default_language(language_asked_for(os.environ))
        work_for_its_city(from_environment())  # help texts name its districts
        _speak()
        code = goldseed.main(standalone_mode=False) or 0
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except click.ClickException as error:
        error.show()
        code = ShownToPeople.exit_code
    except click.Abort:
        say(_("Stopped; nothing half done is kept."))
        code = 130
    except ShownToPeople as error:
        say(error)
        code = error.exit_code
    except Exception as error:
        # Loads SQLAlchemy, which `--help` does without.
        from pipeline.store.engines.full_disk import disk_trouble, value_trouble

        if (trouble := disk_trouble(error) or value_trouble(error)) is None:
            raise
        say(trouble)
        code = trouble.exit_code
    sys.exit(code)


def _speak() -> None:
    """Put every help text, and click's own words, into the current language."""
    example = _("Example:")  # the catalogues are compiled when a text is first asked for
    if language.language() == language.CHINESE:  # click's own words are in messages.po
        stdlib_gettext.bindtextdomain("messages", str(language.CATALOGUES))
        os.environ["LANGUAGE"] = language.CHINESE
    todo: list[click.Command] = [goldseed]
    while todo:
        each = todo.pop()
        each.help = _(each.help) if each.help else None
        each.epilog = f"{example} {each.epilog}" if each.epilog else None
        for parameter in each.params:
            if isinstance(parameter, click.Option) and parameter.help:
                parameter.help = _(parameter.help)
        if isinstance(each, click.Group):
            todo.extend(each.commands.values())


if __name__ == "__main__":
    main()
