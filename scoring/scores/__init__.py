"""What is done with a stored model: score a cohort on a day, score anew whom an import touched, monitor, compare, set
the expected number of events.

    registry/registry.py -> day_model.py -> score_cohort.py
    peer_changes.py, doubts.py, data_fingerprint.py, stored_scores.py -> score_cohort.py
    day_model.py, data_fingerprint.py, stored_scores.py -> touched_scores.py
    score_cohort.py -> expected_events.py
    score_cohort.py, day_model.py -> monitoring.py
    day_model.py -> compare_models.py

Beside them points_spread.py: where the median firm stands. Import each by its file: `score_cohort`, `day_model`,
`touched_scores`, `peer_changes`, `doubts`, `stored_scores`, `data_fingerprint`, `expected_events`, `monitoring`,
`compare_models`, `points_spread`.
"""
