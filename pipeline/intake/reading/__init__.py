"""A file as sheets of cells, and cells as numbers, days and firms; nothing here knows of forms or facts.

    problems.py -> package.py -> delimited.py -> workbook.py      a file, opened safely, as sheets of cells
    characters.py -> cells.py -> days.py                          a column of cells as values, or why they are none
    credit_codes.py -> cells.py -> firm_ids.py

All of it may be imported by the other rooms; outside of intake: problems.py (what is said about a cell).
"""
