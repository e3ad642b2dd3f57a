"""Parts of pages: values in, Dash components out. Nothing here reads the database or knows of a request.

    cards.py ──► boards.py, charts.py, history.py
    amounts.py ──► charts.py, history.py, reasons.py
    charts.py ──► model_charts.py ──► metric_charts.py
    terms.py ──► audit_text.py

    forms                                     forms that more than one page has

amounts.py formats figures, terms.py names things; grids.py builds the tables of many rows. Pages and queries import
any of them.
"""
