"""Opinions of departments and the public notice: a department's own page, and the same from the officers' side.

answer_rows.py ──► department.py ──► page.py
answer_rows.py ──► officers.py ──► page.py
forms.py ──► officers.py
"""
