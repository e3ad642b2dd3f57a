"""The negative list (负面清单) of advisers: who is on it on a day, whose cases that flags, and what changes it.

    listed.py ──► entries.py

Gates and lists ask listed.py; entries.py puts an adviser on the list, keeps its reply, and moves the end. All of it may
be imported from outside.
"""
