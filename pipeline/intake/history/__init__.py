"""What later files correct, and the way back.

    corrections.py -> imports.py
    renamings.py

From outside: imports.py; renamings.py settles what an import brings (importing.py).
"""
