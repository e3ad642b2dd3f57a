"""What a policy of the pools would do: tried on the firms of today and of past days, checked before it is in force.

    checks.py ──► what_if.py     expected.py ──► what_if.py
    past_points.py ──► past_days.py

Nothing here writes: a what-if never touches the pools.
"""
