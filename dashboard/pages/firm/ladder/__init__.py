"""A firm on the growth ladder, on its page.

card.py ◄── pipeline.ladder
"""
