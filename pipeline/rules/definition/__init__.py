"""What the law says on a day: the YAML files of data/rules as records.

    units.py ──► measures.py ──► parse.py ──► rule_books.py
    windows.py ──► model.py ──► parse.py

`rule_books` gives the rules in force on a day, `model` has their records, `measures` says what a condition can look at.
`parse.ConditionReader` also reads the conditions of the pools. `exchange_rates.py` holds a table that conditions need
beside a firm's own facts; `files.py` says where the rules are kept.
"""
