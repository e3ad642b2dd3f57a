"""The returns of a year as they come in (收报进度): who has handed in, whom to call, by when, and who was asked.

    accounts, intake ──► progress.py ──► asking.py
            accounts ──► due_days.py ──► asking.py
                            messages ──► asking.py

All of it may be imported from outside. Nothing here is read to score or to decide.
"""
