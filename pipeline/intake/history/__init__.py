"""What later files correct, and the way back.

    corrections.py -> imports.py

From outside: imports.py.
"""
