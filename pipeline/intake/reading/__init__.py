"""A file as sheets of cells, and cells as numbers, days and firms; nothing here knows of forms or facts.

    problems.py -> package.py -> book_xml.py -> sheet_xml.py -> workbook.py    a workbook as sheets of cells
    number_formats.py -> book_xml.py                      what is seen of a number that a cell keeps
    problems.py -> package.py -> delimited.py -> workbook.py                   a table of text likewise
    characters.py -> cells.py -> days.py                  a column of cells as values, or why they are none
    credit_codes.py -> cells.py -> firm_ids.py

All of it may be imported by the other rooms; outside of intake: problems.py (what is said about a cell).
"""
