"""The search in the head of every page.

    pages_and_papers.py ──► everywhere.py

everywhere.py answers it: firms, their cases, problems, advisers, papers and pages that one person may open.
"""
