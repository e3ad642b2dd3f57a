"""What lists show of every firm, stored: so that nothing about everybody is worked out while somebody waits.

    touched.py ──► keeper.py ◄── rows.py
    stored_rows.py ──► keeper.py

rows.py works the columns out anew, touched.py reads from the audit log whose, stored_rows.py reads and
writes them, keeper.py does so in the transaction of whatever changed. Import each by its file.
"""
