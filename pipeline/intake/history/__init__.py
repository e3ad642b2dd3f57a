"""What later files correct, and the way back.

    restatements.py                   what a file states otherwise than before, ahead of storing it
    corrections.py -> imports.py      what that closes, the list of imports, and the way back
    renamings.py                      a new name that share reform explains

From outside: imports.py; renamings.py settles what an import brings (importing.py).
"""
