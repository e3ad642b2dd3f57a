"""Listing rules as dated data, and how far every firm is from each of them.

reading.py -> dated.py (YAML to the rule in force on a day) -> measures.py, firm_years.py -> conditions.py (all
firms at once) -> boards.py, recognition.py -> nearest.py, words.py, comparing.py, checking.py.
"""
