"""Documents about firms and pools, which commands and downloads write.

    scoring.explain ──► firm_pdf.py
    pipeline.pool_history.published ──► pool_papers.py, pool_workbooks.py
    paper_templates.py ──► pool_papers.py

`report_pdf` of firm_pdf.py; `paper` of pool_papers.py with the templates that make_templates.py makes; `list_workbook`
and `changes_workbook` of pool_workbooks.py. Nothing here knows Dash.
"""
