"""How numbers and names are written for people, wherever they are shown: the board, the commands, reports, reasons.

    language.py, catalog.py -> number_format.py
    store/tables.py -> cohorts.py
    store/current.py, number_format.py -> places.py
    spelling.py

Import `pipeline.wording.number_format` (decimal, percent, money, counted, …), `pipeline.wording.cohorts`,
`pipeline.wording.places` and `pipeline.wording.spelling` (how a name is spelt for a search).
"""
