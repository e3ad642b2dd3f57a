"""What the city and each of its districts have come to in a month, a quarter and a year, as it was known on a day.

    periods.py ──► states.py ──► report.py ──► tables.py
    periods.py ──► sums.py ──► report.py
    ranking.py ──► report.py

states.py counts firms on rungs of the growth ladder at the ends of each period, sums.py what happened within it (stage
events, visits, rounds and loans, support), ranking.py sets districts side by side as far as their figures allow. Take
`report` of report.py and what tables.py makes of it for every form.
"""
