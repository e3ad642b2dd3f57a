"""Labels: words of their own that officers put on firms and take away again.

    accounts ──► firm_labels.py   put, take; which firms have which, and how many have each

All of it may be imported from outside. Readiness, rules and pools never read a label.
"""
