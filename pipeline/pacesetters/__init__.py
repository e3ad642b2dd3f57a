"""The yearly choice of pacesetters: ranked by dated, weighted indicators within a stage of life, nominated, made
public, decided by two, and revoked with a reason.

    terms.py ──► ranking.py ◄── scoring.py      percentile ranks, totals, places; what each weight does
    ranking.py ──► choosing.py ──► deciding.py  a round with its nominations and notice; objections, decisions
    choosing.py ──► choices.py ──► in_words.py  what stands on a day, replayed; how it is said

terms.py reads data/rules/pacesetters.yaml. All of it may be imported from outside.
"""
