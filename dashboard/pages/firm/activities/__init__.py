"""The activities of a firm on its page: card.py lists them, forms.py has the fields with which an officer enters more.

forms.py ──► card.py ──► pipeline.activities
"""
