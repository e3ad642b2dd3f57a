"""Arrays in, numbers out; nothing here knows a model, a firm or a database.

    metrics.py, bootstrap.py, drift.py, seed_stability.py

Import the functions from their files: `metrics` (AUC, average precision, Brier, calibration error), `bootstrap`
(metrics under resampled firms and their intervals), `drift` (PSI with its own null), `seed_stability`.
"""
