"""What lists show of every firm, stored: so that nothing about everybody is worked out while somebody waits.

    rows.py ──► keeper.py
    stored_rows.py ──► stored_boards.py ──► keeper.py
    stored_counts.py ──► keeper.py ──► standings.py

rows.py works the columns out anew; stored_rows.py, stored_boards.py and stored_counts.py read and write them, a table
each; keeper.py does so in the transaction of whatever changed, for the firms that the audit log names
(pipeline/store/trail/touched.py); standings.py tells how one firm stands to the boards. Import each by its file.
"""
