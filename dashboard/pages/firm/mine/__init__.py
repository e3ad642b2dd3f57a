"""A firm's own first page: what its page for officers shows, in the order in which a firm asks.

standing.py, given.py, objection_forms.py, my_data.py ──► page.py
"""
