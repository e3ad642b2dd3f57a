"""Agencies that prepare the returns of firms: which stand out by what sources contradict, and which are not filed.

    chances.py ──► comparing.py ──► standing.py ──► in_words.py     the statistics, each agency, the whole, its words
    comparing.py ──► in_words.py
    marks.py                                returns of an agency that is on the list
    listings.py                             from the notice to two signatures, and the appeal
    copies.py ──► standing.py                                       the same figures in returns of different firms
    unfiled.py ──► standing.py                                      who prepares returns without a filing

An agency is told by the name that returns give, or that of the register of which it is a spelling. The register itself,
with filings, evaluations, spot checks and the negative list, is that of all advisers (pipeline.advisers). All of it may
be imported from outside.
"""
