"""Why a verdict is what it is, and what is missing, in both languages.

    condition_text.py ──► condition_table.py ──► recognition.py
    condition_text.py ──► rule_text.py

`condition_table.conditions_of` has every condition of a few firms, `condition_table.of_firm` all about one firm;
`rule_text` writes out a rule in force, `recognition` the labels that the state gives, `market_value` an estimate beside
the stated value (no other file of this room imports it).
"""
