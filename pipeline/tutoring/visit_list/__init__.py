"""The visits of all firms in one list: narrowed, counted and read a page at a time in the database.

conditions.py ──► visit_list.py
"""
