"""The tables of the plan around the pools, a file a topic: dated activities of firms (activities.py).

Rows are added, and withdrawn with a reason instead of deleted. Money is kept in fen, whole numbers.
"""
