"""The commands below `goldseed pools`.

    reviews.py ──► papers.py
    reviews.py ──► opinions.py

`reviews` has the group itself; cli.py adds what the other files bring.
"""
