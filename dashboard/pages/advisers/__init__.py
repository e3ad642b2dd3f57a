"""The register of advisers: the list with its spot checks, and everything about one adviser.

forms.py ──► adviser.py ──► changes.py
forms.py ──► page.py ──► changes.py      what is asked, what is shown, what the buttons do
adviser.py ──► page.py
forms.py ──► drawn.py ──► page.py        what was drawn for spot checks
"""
