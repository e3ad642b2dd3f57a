"""The two pools: their page, and the reviews that were made of them.

page.py ──► PAGES     reviews.py ──► PAGES
"""
