"""The task of the policy bench: try a policy of the pools. It writes nothing."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dashboard.jobs.progress import Progress
from pipeline.json_values import JsonObject
from pipeline.language import gettext as _
from pipeline.settings import Settings
from pipeline.store.database import engine_for


def try_policy(
    settings: Settings, folder: Path, progress: Progress, *, as_of: str, text: str | None, changes: Mapping[str, Any]
) -> JsonObject:
    """What a policy would change and would have chosen, in the words of the board. `changes`: as changes_of reads."""
    from scoring.policy_bench import in_words
    from scoring.policy_bench.changed_text import changes_of
    from scoring.policy_bench.simulate import simulate

    progress(0.1, _("Holding the policy against the city, today and on past days"))
    found = simulate(engine_for(settings.db_url), date.fromisoformat(as_of), text=text, changes=changes_of(changes))
    document = found.as_json()
    document["in_words"] = {
        "expected": list(in_words.expected(found)),
        "past": [
            {
                "day": day.day.isoformat(),
                "said": str(day.why_not or day.points_from),
                "lists": [[in_words.list_name(one), in_words.outcomes(one)] for one in day.lists],
            }
            for day in found.past
        ],
    }
    return document
