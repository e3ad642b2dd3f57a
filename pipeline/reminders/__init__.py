"""What people are told without asking: in the board, by e-mail, in a group of WeCom or DingTalk, in their calendar.

    rows.py ──► moved_points.py ──► notices.py ──► digest.py ──► sending.py
                        notices.py ──► read_marks.py
                        choices.py ──► sending.py
              mail.py, robots.py ──► sending.py
    calendar_address.py

What waits for a person as values (notices.py), how it is written (digest.py), and who is sent it when (sending.py).
All of it may be imported from outside.
"""
