"""A policy of the pools tried before it is in force: whom it moves, what is wrong with it, what it would have chosen.

    changed_text.py ──► simulate.py
    expected.py, past_days.py ──► simulate.py
    checks.py ──► what_if.py ──► simulate.py ──► in_words.py

Import `scoring.policy_bench.simulate`, and `scoring.policy_bench.changed_text` for the text of a changed policy.
Nothing here writes to the database: adopting is pipeline/pools/in_force.py.
"""
