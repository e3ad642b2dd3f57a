"""What lists show of every firm, stored: so that nothing about everybody is worked out while somebody waits.

    rows.py ──► keeper.py
    stored_rows.py ──► keeper.py

rows.py works the columns out anew, stored_rows.py reads and writes them, keeper.py does so in the transaction of
whatever changed, for the firms that the audit log names (pipeline/store/trail/touched.py). Import each by its file.
"""
