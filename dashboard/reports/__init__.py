"""Documents about firms, pools and tutoring, which commands and downloads write.

    scoring.explain ──► firm_pdf.py
    pipeline.pool_history.published ──► pool_papers.py, pool_workbooks.py
    paper_templates.py ──► pool_papers.py
    pool_papers.py, pool_workbooks.py ──► review_papers.py
    dashboard.queries ──► side_by_side.py
    pipeline.pool_history.tutoring_on_day ──► special_report.py ──► special_report_papers.py
    pipeline.tutoring ──► visit_sheets.py ──► visit_sheet_papers.py
    pipeline.tutoring ──► case_tables.py
    pipeline.tutoring ──► week_calendar.py

`report_pdf` of firm_pdf.py; `paper` of pool_papers.py with the templates that make_templates.py makes; `list_workbook`
and `changes_workbook` of pool_workbooks.py; `every_paper` of review_papers.py; `side_by_side`; `special_report` and
`visit_sheets` gather what their papers say; `exported_table` of case_tables.py. Nothing here knows Dash.
"""
