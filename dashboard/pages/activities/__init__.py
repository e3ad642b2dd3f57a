"""The activities of all firms: page.py lists and counts them, files.py gives the same list as a file.

files.py ──► pipeline.activities ◄── page.py
"""
