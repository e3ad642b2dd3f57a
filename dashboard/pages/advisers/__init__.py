"""The register of advisers: the list with its spot checks, and everything about one adviser.

    forms.py ──► drawn.py ──► adviser.py ──► page.py ──► changes.py
    rates.py ──► page.py        differences, kept until something changes

What is asked (forms), what was drawn for spot checks (drawn), what is shown, and what the buttons do (changes).
"""
