"""Facts -> features -> a score with reasons; outcomes -> a model. Nothing here knows the dashboard.

`from scoring import fit` is the general engine: any numeric panel, ours or another field's.

The rooms, in the order of their imports; a room imports from those before it and never from those after:

    statistics   metrics, bootstrap, drift, seed stability: arrays in, numbers out
    tree_shap    exact SHAP values of a LightGBM model
    features     facts of a day -> the feature matrix
    dataset      who could still have the event on a day (the risk set), and who had it; time splits
    engine       any numeric panel -> a model whose scores come with reasons
    training     a panel of ours -> a model anchored to its day; the baselines
    evaluation   backtests, subgroups, the tables behind plots
    registry     model folders, the champion, the model card, caches of per-day results
    scores       a cohort scored on a day; monitoring; two models compared; the expected number of events
    explain      one firm: its reasons, counterfactuals, what it would newly meet
    firm_list    what lists, filters and counts show of every firm, stored and kept true

`scoring.errors` holds the errors that people read, `scoring.fingerprint` the hashes of the code and of the inputs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scoring.engine.readiness_model import ReadinessModel, Scores, fit

__all__ = ["ReadinessModel", "Scores", "fit"]


def __getattr__(name: str) -> Any:
    """The engine is loaded when first asked for: numpy and pandas take longer to load than `--help` may take."""
    if name in __all__:
        import scoring.engine.readiness_model

        return getattr(scoring.engine.readiness_model, name)
    raise AttributeError(f"module 'scoring' has no {name!r}")
