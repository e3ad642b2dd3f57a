"""The pages about firms on their way: open cases with what is to be done, and how far all firms have come.

open_cases.py ──► pipeline.tutoring
way.py ──► dashboard.queries
"""
