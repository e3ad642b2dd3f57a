"""What the search in the head of every page finds, for one account."""

from typing import TYPE_CHECKING

import click

from commands.shared import as_json_option, console, database, show, today
from pipeline.errors import NotFound
from pipeline.language import N_, Message
from pipeline.language import gettext as _

if TYPE_CHECKING:
    from dashboard.queries.search.everywhere import Found


@click.command(
    "search",
    help=N_("Find firms, cases, problems, advisers, papers and pages by words, pinyin or a code."),
    epilog='goldseed search "haiyang" --person "Li Lei"',
)
@click.argument("words")
@click.option("--person", "name", metavar="NAME", help=N_("As this account finds it; everything unless given."))
@click.option("--most", default=5, show_default=True, type=click.IntRange(1, 50), help=N_("So many of each kind."))
@as_json_option
def search(words: str, name: str | None, most: int, as_json: bool) -> None:
    from sqlalchemy.orm import Session

    from dashboard.pages import DOWNLOADS, PAGES
    from dashboard.queries.search.everywhere import found
    from dashboard.queries.search.pages_and_papers import titled
    from dashboard.web.routes import Routes
    from pipeline.accounts import people
    from scoring.firm_list.keeper import make_current

    engine = database()
    make_current(engine, today())
    with Session(engine) as session:
        person = console()
        if name is not None:
            account = people.named(session, name)
            if account is None or account.disabled:
                raise NotFound(
                    Message(N_("There is no account named %(name)s. `goldseed people list` shows all."), {"name": name})
                )
            person = people.person_from(account)
        answer = found(session, person, words, today(), titled(Routes(PAGES, DOWNLOADS).open_to(person)), most)
    show(answer, as_json, _lines)


def _lines(answer: "Found") -> list[str]:
    lines: list[str] = []
    for group in answer.groups:
        lines.append(group.heading)
        lines += [f"  {hit.title}  {hit.note}  {hit.address}" for hit in group.hits]
        lines += [f"  {_('… more')}  {group.more_at}".rstrip()] if group.more else []
    return lines or [answer.of_nothing]
