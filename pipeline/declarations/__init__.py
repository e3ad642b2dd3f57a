"""What is declared of a firm by name: a district nominates it, or it applies itself.

    content.py ──► declarations.py     declared_facts.py

`declarations` records and lists them, `declared_facts` gives what was declared by a day, which the policy of the pools
reads.
"""
