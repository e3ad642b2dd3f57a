"""Which heading of a form means which fact.

    column_maps.py -> headings.py -> map_check.py      the map of a form, held against a file
    column_maps.py -> templates.py -> filled_forms.py  the empty workbook of a form, and one with what is known
    column_maps.py -> proposals.py                     a map for a form that nobody has mapped yet

All of it may be imported from outside.
"""
