"""Support: what a firm can claim, its claims, and the money that pays them.

one_claim.py ──► page.py       a claim with its steps and what can be done about it; /support
own.py ──► page.py             what one firm can claim and a form to claim it
money.py ──► page.py           pots, what could still be claimed, the rules, what was paid
one_claim.py ──► changes.py    what the buttons do
paid_table.py ──► files.py     what was paid as a table; files of claims
"""
