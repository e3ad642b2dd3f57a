"""The general engine: any numeric panel with a yes/no outcome -> a model whose scores come with reasons.

    leakage_checks.py, bagged_lightgbm.py -> hyperparameter_search.py -> readiness_model.py
    inputs.py, rank_transform.py, calibration.py, additivity.py -> readiness_model.py

Import `fit`, `ReadinessModel` and `Scores` from `scoring`; other rooms also take `ReferenceDistribution` from
rank_transform.py, `Hyperparameters` from bagged_lightgbm.py and the scale from calibration.py.
"""
