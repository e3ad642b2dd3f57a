"""From a clerk's file to stored rows, or to the list of cells to mend.

The files in the order of the flow; importing.py walks the whole way:

    opening.py                     0  which map, cohort and source are meant; a refused file leaves a line
    package.py, workbook.py        1  a file as sheets of cells, opened safely
    column_maps.py, headings.py    2  which heading means which fact
    validation.py                  3  cells as facts (cells.py, days.py, firm_ids.py, credit_codes.py)
    panel.py, sense.py             3b what ranges cannot see (unit_slips.py, unit_calls.py, ratio_slips.py)
    storing.py                     4  all of it in one transaction
    cross_checks.py                5  sources against each other
    corrections.py                 6  what was open about figures that the file states anew

Beside the flow: reports.py (what an import brought), refusals.py (files that stored nothing), problems.py (what is
said about a cell), findings.py (what waits for a person), mended.py (the marked-up workbook), imports.py (list and
undo), templates.py, proposals.py (a map for a new form).
"""
