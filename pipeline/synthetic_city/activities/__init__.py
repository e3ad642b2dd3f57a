"""Activities of the made-up city's firms: drawn with a seed of their own, so that nothing else of the city moves.

    counterparts.py ──► drawing.py ──► workbook.py

`workbook.write_activities` is called from outside.
"""
