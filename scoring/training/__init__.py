"""A panel of our firms -> a model anchored to its day, and the baselines that it has to beat.

    dataset/panel.py, engine/readiness_model.py -> fitting.py
    dataset/panel.py, engine/rank_transform.py -> baselines.py

Import `scoring.training.fitting` (fitted, reanchored) and `scoring.training.baselines` (BASELINES).
"""
