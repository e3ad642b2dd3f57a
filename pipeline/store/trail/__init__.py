"""The chain under the audit log: entries sealed one after the other, with a key that is not in the database.

    key.py ──► chain.py ◄── sealed_rows.py
    chain.py ──► touched.py

key          the key of the seals, and the note of the last entry, both in files beside the database
sealed_rows  fingerprints of the rows that an entry speaks of; which rows a session has changed
chain        adds an entry with its seals; checks the chain, the note and the rows
touched      whose scores, figures, pools and stages the entries since one of them bear on
"""
