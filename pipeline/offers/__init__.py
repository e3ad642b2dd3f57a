"""What the city can give a firm: what it has because of where it stands, what it could have, and what else is offered.

    offers_file.py ──► for_firm.py ◄── pipeline.pools (standing), pipeline.support (what has ended)

The offers of a city stand in a file of its own, which its city file names (data/offers.yaml). What a firm can claim,
and for how much, is worked out by pipeline.support.
"""
