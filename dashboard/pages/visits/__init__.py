"""The page of all visits, and the files that come from them.

files.py     the list as a table, and what is attached to a visit, as downloads
page.py      the list with its conditions, which stand in the address
"""
