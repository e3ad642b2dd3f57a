"""What is done with a stored model: score a cohort on a day, monitor, compare, set the expected number of events.

    registry/registry.py -> day_model.py -> score_cohort.py
    peer_changes.py -> score_cohort.py
    score_cohort.py -> expected_events.py
    score_cohort.py, day_model.py -> monitoring.py
    day_model.py -> compare_models.py

Import each by its file: `score_cohort`, `day_model`, `peer_changes`, `expected_events`, `monitoring`, `compare_models`.
"""
