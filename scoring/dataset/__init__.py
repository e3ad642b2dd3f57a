"""Firms on days: what was known, who could still have the event (the risk set), and who had it.

    labels.py -> snapshot.py -> panel.py
    labels.py -> time_splits.py -> panel.py

Import `scoring.dataset.snapshot` (Snapshots, DaySnapshot), `scoring.dataset.panel` (Panels, Panel) and the functions of
`scoring.dataset.labels`.
"""
