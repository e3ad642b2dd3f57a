"""The table behind every plot of a model's page: for the plots, and for their CSV files.

From the cached inspection and backtest (model_cache.py) or from the metrics in the model's folder; each is computed
by scoring.evaluation.plot_data.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.queries.model_cache import Inspection, ModelCache
from pipeline.errors import NotFound
from pipeline.language import N_, Message

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class TableQuery:
    """Which table of which model: `feature` and `other` where it is about one or two of them."""

    model: ModelCache
    feature: str | None = None
    other: str | None = None

    def inspection(self) -> Inspection:
        """The cached inspection. Raises NotFound where it has not been computed."""
        inspection = self.model.inspection()
        if inspection is None:
            raise _not_computed()
        return inspection

    def metrics(self) -> Mapping[str, Any]:
        """The metrics in the model's folder."""
        from scoring.registry import registry

        return registry.show(self.model.engine, self.model.models_dir, self.model.model_id).measures

    def scores(self) -> "pd.DataFrame":
        """Scores of the last backtest. Raises NotFound where there was none."""
        scores = self.model.backtest_scores()
        if scores is None:
            raise _not_computed()
        return scores

    def features(self, inspection: Inspection) -> tuple[str, str | None]:
        """The features asked for, or the most important one. Raises NotFound for one that the model does not have."""
        from scoring.evaluation.plot_data import importance_of

        name = self.feature or str(importance_of(inspection.reasons)["feature"].iloc[0])
        for feature in (name, self.other):
            if feature is not None and feature not in inspection.reasons:
                raise NotFound(Message(N_("This model has no feature %(name)s."), {"name": feature[:80]}))
        return name, self.other


def importance(query: TableQuery) -> "pd.DataFrame":
    from scoring.evaluation.plot_data import importance_of

    return importance_of(query.inspection().reasons)


def reasons_of_all(query: TableQuery) -> "pd.DataFrame":
    """The SHAP contributions of every firm inspected, not only of the dots drawn."""
    return query.inspection().reasons.reset_index()


def dependence(query: TableQuery) -> "pd.DataFrame":
    from scoring.evaluation.plot_data import dependence_of

    inspection = query.inspection()
    name, other = query.features(inspection)
    return dependence_of(inspection.reasons, inspection.features, name, other)


def interactions(query: TableQuery) -> "pd.DataFrame":
    return query.inspection().pairs


def pair(query: TableQuery) -> "pd.DataFrame":
    """One pair, firm by firm; the strongest where none is named."""
    inspection = query.inspection()
    if inspection.pairs.empty:
        return inspection.pair_values
    feature = query.feature or inspection.pairs["feature"].iloc[0]
    other = query.other or inspection.pairs["other"].iloc[0]
    values = inspection.pair_values
    return values[(values["feature"] == feature) & (values["other"] == other)]


def comparison(query: TableQuery) -> "pd.DataFrame":
    """Every metric of the model and of each baseline with its interval: model, measure, value, low, high."""
    import pandas as pd

    rows = [
        (model, name, metric["value"], metric.get("low"), metric.get("high"))
        for model, metrics in (query.metrics().get("models") or {}).items()
        for name, metric in metrics.items()
        if isinstance(metric, dict)
    ]
    return pd.DataFrame(rows, columns=["model", "measure", "value", "low", "high"])


def days(query: TableQuery) -> "pd.DataFrame":
    return _table(query.metrics().get("dates"))


def reliability(query: TableQuery) -> "pd.DataFrame":
    return _table(query.metrics().get("reliability"))


def subgroups(query: TableQuery) -> "pd.DataFrame":
    return _table(query.metrics().get("subgroups"))


def precision(query: TableQuery) -> "pd.DataFrame":
    from scoring.evaluation import plot_data

    return plot_data.precision_at(query.scores())


def lift(query: TableQuery) -> "pd.DataFrame":
    from scoring.evaluation import plot_data

    return plot_data.lift_curve(query.scores())


def backtest(query: TableQuery) -> "pd.DataFrame":
    return query.scores()


def drift(query: TableQuery) -> "pd.DataFrame":
    """The features of the last monitoring."""
    result = query.model.latest_result("watch")
    if result is None:
        raise _not_computed()
    return _table(result["features"])


def _not_computed() -> NotFound:
    return NotFound(Message(N_("This has not been worked out yet: open the model's page first."), {}))


def _table(rows: Any) -> "pd.DataFrame":
    import pandas as pd

    return pd.json_normalize(rows or [])


#: Name in a CSV's address -> its table.
TABLES: dict[str, Callable[[TableQuery], "pd.DataFrame"]] = {
    "importance": importance,
    "beeswarm": reasons_of_all,
    "dependence": dependence,
    "interactions": interactions,
    "pair": pair,
    "comparison": comparison,
    "days": days,
    "reliability": reliability,
    "subgroups": subgroups,
    "precision": precision,
    "lift": lift,
    "backtest": backtest,
    "drift": drift,
}
