"""What happens to a firm from its pool to the exchange.

    stages.py -> stated.py -> cases.py -> visits.py

All of it may be imported from outside; the pools open and close cases here.
"""
