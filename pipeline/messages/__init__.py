"""Messages: one thread a firm, between the bureau, its district's officers, who stands by it, and the firm itself.

    accounts, tutoring ──► writing.py     write, withdraw
    accounts ──► read_marks.py ──► threads.py   what is not read; a thread, all threads, the files of messages

All of it may be imported from outside. Readiness, rules and pools never read a message.
"""
