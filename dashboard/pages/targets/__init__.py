"""Targets of the city's plans: how they stand, the firms behind a number, baselines that somebody enters.

page.py ──► firms.py       /targets; the firms of one number
changes.py                 what the form of a baseline does
"""
