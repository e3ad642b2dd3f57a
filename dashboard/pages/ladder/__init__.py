"""The page of the growth ladder.

page.py ──► sections.py
files.py
"""
