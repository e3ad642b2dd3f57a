"""Returns that firms hand in themselves: for the firm its form and its files, for officers what came in.

typed_form.py ──► firm_page.py
desk.py, files.py
"""
