"""The pools over time, and what of them goes out on paper.

published.py     proportions.py ──► members_over_time.py     tutoring_on_day.py

`tutoring_on_day.py`: the cases as they stood on a day, for reports.
"""
