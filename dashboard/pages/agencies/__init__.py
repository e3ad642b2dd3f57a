"""Agencies that prepare returns: how each stands beside the others, its years, who is not filed, proposed listings.

proposed.py ──► page.py
proposed.py ──► changes.py
"""
