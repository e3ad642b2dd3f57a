"""The demo: a made-up city goes through everything that a bureau does in two years.

    pools.py ──► city.py ◄── tutoring.py
                    ▲
    rooms.py ───────┤
    growth.py ──────┤
    support.py ─────┘

city      imports, trains, scores and reviews, and opens the accounts
pools     nominations, applications and what a bureau decides
growth    leaders and contacts of fast growers, the choice of pacesetters
rooms     messages, objections and returns of firms
support   claims to support, granted by two and paid
tutoring  cases, visits, advisers, tasks and problems
"""
