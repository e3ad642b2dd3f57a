"""Pacesetters: the ranking of a day with what each weight does, and the choice of a year with its steps.

page.py ──► rounds.py ──► forms.py     /pacesetters: the ranking; who is nominated, public, named
changes.py ──► rounds.py               what the buttons do
"""
