"""Money that a firm is entitled to: dated rules, exact amounts, claims, two signatures, payments, and pots that are
never overdrawn.

    model.py ──► rules_file.py ──► in_force.py ──► entitlements.py ──► claims.py ──► granting.py
    amounts.py ──► grounds.py ──► entitlements.py ──► pots.py ──► claims.py ──► paying.py
    claim_rows.py ──► claims.py, claim_lists.py, pots.py

Rules and pots stand in a file that the city's file names (data/rules/support.yaml); the made-up city of the demo has a
file of its own. Amounts are whole fen. All of it may be imported from outside.
"""
