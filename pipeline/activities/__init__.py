"""Dated activities of firms outside the way to the market: platforms, projects, rounds, loans, recognitions.

    kinds.py ──► known.py                   what was known of them on a day
    kinds.py ──► stated.py ──► entering.py  what a kind needs; an officer enters one, and withdraws it
    kinds.py ──► conditions.py ──► lists.py a block of lines, and how many there are
    kinds.py ──► in_words.py

kinds.py reads data/activities.yaml; a new kind is a new line of it. All of it may be imported from outside.
"""
