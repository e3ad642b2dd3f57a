"""Firms that seek money, and what leads on from there: rounds and loans, meetings, boards and instruments that fit.

    instruments.py ──► fitting.py ──► overview.py

The instruments stand in data/instruments.yaml, their conditions in the form of the rules and decided by their engine.
`overview.finance` is what page and command show; nothing else is asked from outside but the names of instruments.
"""
