"""How good a model is, out of time; and the tables behind its plots.

    training/fitting.py, training/baselines.py, subgroups.py, baselines_ahead.py -> backtest.py
    engine/readiness_model.py -> plot_data.py

Import `scoring.evaluation.backtest` and `scoring.evaluation.plot_data`.
"""
