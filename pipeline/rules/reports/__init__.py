"""Verdicts as screens, commands and files need them.

    compare_regimes.py ──► check.py
    board_tables.py ──► terminal_text.py

`check.check` is the one that reads a database; `check.inputs` gives the two frames that every evaluation starts from.
`board_tables` is for pages, `terminal_text` and `verdicts_json` for `goldseed rules`, `compare_regimes` for both.
"""
