"""What the city can give a firm: what it has because of where it stands, what it could have, and dated offers.

    offers_file.py ──► for_firm.py ◄── pipeline.pools (standing)

The offers of a city stand in a file of its own, which its city file names (data/offers.yaml). Nothing here works out an
amount that a firm can claim.
"""
