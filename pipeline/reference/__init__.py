"""Tables of the trade that stand beside a firm's own facts: its industry's section, and what its industry is worth.

    industries.py ──► market_multiples.py

The checks of the intake and the rules both read them.
"""
