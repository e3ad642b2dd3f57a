"""How numbers and names are written for people, wherever they are shown: the board, the commands, reports, reasons.

    language.py, catalog.py -> number_format.py
    store/tables.py -> cohorts.py

Import `pipeline.wording.number_format` (decimal, percent, money, counted, …) and `pipeline.wording.cohorts`.
"""
