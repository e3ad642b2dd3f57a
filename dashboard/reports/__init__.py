"""Documents about firms, which commands write.

    scoring.explain ──► firm_pdf.py

Commands import `report_pdf` of firm_pdf.py; it knows nothing of Dash.
"""
