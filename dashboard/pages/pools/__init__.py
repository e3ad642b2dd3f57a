"""The two pools: their page, the reviews that were made of them, what is declared, papers, the pools over time.

papers_card.py, kept_list.py ──► page.py ──► PAGES
reviews.py, declarations.py, over_time.py ──► PAGES
papers.py ──► DOWNLOADS
"""
