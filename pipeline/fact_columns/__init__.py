"""Stored returns as one frame of firm-years: the inside of facts.py, which is the door.

cells.py -> kept_columns.py -> merging.py    rows as arrays; large returns kept as columns; one frame of all
"""
