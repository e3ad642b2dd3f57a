"""What hinders firms on their way to the exchange: recorded with a day by which it is to be gone, followed, raised.

    kinds.py ──► problem_lists.py ──► escalation.py
    kinds.py ──► problems.py ──► escalation.py

What is known of problems on a day (problem_lists.py), what changes them (problems.py), and the dated rule by which
those that are overdue climb to the county and to the city (escalation.py). All of it may be imported from outside.
"""
