"""Targets of the city's plans: what is counted, how far it has come, and whether the goal will be met.

    model.py ──► plan_file.py ──► baselines.py ──► standing.py ──► in_words.py
    model.py ──► counting.py ──► forecasting.py ──► standing.py
    splitting.py ──► standing.py

plan_file.py reads data/rules/targets.yaml. A target is a definition over facts, verdicts, events and activities as
known on a day; no count is typed but a baseline of which no fact is known, which is marked. `standing` is the one
function behind page and command, `firms_behind` the firms of one number.
"""
