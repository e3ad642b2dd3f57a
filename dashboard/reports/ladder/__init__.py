"""Letters to firms about their rung: a certificate that ends, and one condition that is missing.

    pipeline.ladder ──► letters.py ──► dashboard.reports.paper_templates
    make_letter_templates.py

`letters_docx` fills the templates that make_letter_templates.py makes, in either language; an office may put its own
under the same names into its folder of templates.
"""
