"""The pools over time, and what of them goes out on paper.

published.py     proportions.py ──► members_over_time.py
"""
