"""A model's card: what a person who signs for its use must know, in Chinese or English.

In the flow: training.py -> **model_card.py** -> the model's folder, its page and its PDF.
"""

from typing import Any

from pipeline.language import gettext as _
from pipeline.language import speaking
from scoring.engine import ReadinessModel


def card(model_id: str, model: ReadinessModel, measures: dict[str, Any], language: str) -> str:
    """Markdown. `measures` as backtest.py writes them, {} where nothing could be measured."""
    with speaking(language):
        return _card(model_id, model, measures, english=language.startswith("en"))


def _card(model_id: str, model: ReadinessModel, measures: dict[str, Any], english: bool) -> str:
    about = model.about
    lines = [f"# {model_id}", "", "## " + _("Purpose"), "", _purpose(about), ""]
    return "\n".join(lines) + "\n"


def _purpose(about: dict[str, Any]) -> str:
    return _(
        'Ranks firms by how ready they are for the event "%(event)s" within %(months)s months. It supports an officer\'s '
        "decision and does not take one.",
        event=about.get("event", ""),
        months=about.get("within_months", ""),
    )
