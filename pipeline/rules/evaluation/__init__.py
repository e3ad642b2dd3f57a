"""The rules evaluated for all firms at once, in arrays: one place a firm.

    firm_years.py ──► tech_sme_score.py ──► measure_values.py ──► conditions.py ──► verdicts.py ──► evaluate.py
    verdicts.py ──► nearest.py

`evaluate.check` gives the `verdicts.Verdicts` of a day; `nearest.by_board` the nearest standard of each board and the
board that fits best. `conditions.evaluated` decides any tree of conditions, also those of the pools.
"""
