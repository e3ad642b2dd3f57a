"""From a clerk's file to stored rows, or to the list of cells to mend.

workbook.py -> column_maps.py -> validation.py (cells.py, credit_codes.py) -> storing.py, in this order;
importing.py walks the whole way. Beside it: sense.py and unit_slips.py (what ranges cannot see),
cross_checks.py (sources against each other), mended.py (the marked-up workbook), imports.py (undo).
"""
