"""收报进度: which firms have handed in their return of a year, whom to call, and the list as a file.

    pipeline.collecting ──► progress_table.py ──► page.py

From outside: page.py and files.py (PAGES, DOWNLOADS).
"""
