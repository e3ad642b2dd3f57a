"""The page of what hinders firms: which problems there are, and a dialog for each with what was done about it.

forms.py ──► page.py ──► changes.py      the fields, what is shown, what the buttons do
"""
