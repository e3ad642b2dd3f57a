"""First-time candidates in words, for the page and the command line alike."""

from collections.abc import Iterator

from pipeline.language import N_, headed, joined, pick
from pipeline.language import gettext as _
from pipeline.wording import number_format
from scoring.ladder.candidates import Candidate, Candidates

VERDICTS = {"met": N_("conditions met"), "not_met": N_("not met"), "unknown": N_("not known")}


def standing(found: Candidate) -> str:
    """What the conditions say, with the only one that is missing."""
    said = _(VERDICTS[found.verdict])
    return said if found.condition is None else headed(said, pick(found.condition))


def lines(found: Candidates) -> Iterator[str]:
    """The candidates for a terminal, the likeliest first."""
    number = number_format.decimal
    yield _("%(count)s firms without a certificate by %(day)s.", count=number(found.at_risk), day=found.day)
    yield str(found.why)
    if found.model is not None:
        yield headed(_("Model"), found.model)
    for place, each in enumerate(found.firms, start=1):
        points = [] if each.points is None else [headed(_("points"), number(each.points, 1))]
        score = (
            []
            if each.innovation_score is None
            else [headed(_("innovation score"), number_format.plain(each.innovation_score))]
        )
        yield f"{place:>4}  {each.firm_id}  {each.name}  {joined([*points, standing(each), *score])}"
