"""The pages about firms on their way: open cases with what is to be done, and how far all firms have come.

steps_table.py ──► open_cases.py, today.py
    bar.py ──► open_cases.py ──► together.py      what is done to many cases at once
way.py
"""
