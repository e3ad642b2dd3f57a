"""Facts -> features -> a score with reasons; outcomes -> a model. Nothing here knows the board.

`from scoring import fit` is the general engine: any numeric panel, ours or another field's.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.engine.readiness_model import ReadinessModel, Scored, fit

__all__ = ["ReadinessModel", "Scored", "fit"]


def __getattr__(name: str) -> Any:
    """The engine is loaded when first asked for: numpy and pandas take longer to load than `--help` may take."""
    if name in __all__:
        import scoring.engine.readiness_model

        return getattr(scoring.engine.readiness_model, name)
    raise AttributeError(f"module 'scoring' has no {name!r}")
