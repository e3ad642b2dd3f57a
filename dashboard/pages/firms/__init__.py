"""The list of firms, and the ways of looking at it that people keep.

saved_views.py ──► page.py     the list, its columns, its address; what of it is kept under a name
"""
