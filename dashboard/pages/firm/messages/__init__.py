"""The thread of a firm on its page: what was written, and the form that adds to it.

card.py     over pipeline.messages
"""
