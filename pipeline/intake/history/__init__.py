"""What later files correct, and the way back.

    restatements.py                   what a file states otherwise than before, ahead of storing it
    corrections.py -> imports.py      what that closes, the list of imports, and the way back

From outside: imports.py, and what importing.py asks of the others.
"""
