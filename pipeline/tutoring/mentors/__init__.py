"""Who stands by a firm on its way: its mentor, and a leader of the city, the county and the town.

    leaders.py ──► workloads.py ──► handover.py   how much each has, somebody for each case; before an account closes,
                                                  what it looks after goes to others

All of it may be imported from outside.
"""
