"""Fast growers: the list of a day, and one of them with its leaders and contacts.

page.py ──► one_firm.py ──► forms.py      /growers, and /growers?firm=9144… with its fields
changes.py ──► one_firm.py                what the buttons do
"""
