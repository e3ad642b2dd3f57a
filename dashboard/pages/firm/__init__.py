"""The page of one firm: page.py puts it together.

page.py ──► score_details.py, follow_up.py, declared.py, stated_by.py
follow_up.py ──► visit_changes.py
declared.py ──► declaration_forms.py
activities  what the firm did and was given, and the form that enters more
labels      the bureau's labels under the firm's name
messages    the thread of the firm
"""
