"""Support: what a firm can claim, its claims, and the money that pays them.

page.py ──► one_claim.py     /support; a claim with its steps and what can be done about it
page.py ──► own.py           a firm's own: what it can claim and a form to claim it
files.py ──► paid_table.py   what was paid as a table
changes.py                   what the buttons do
"""
