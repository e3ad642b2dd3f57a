"""Who is heard before a firm enters the golden-seed pool: departments of the city, and then the public.

    words.py ──► requests.py, answers.py, gates.py
    working_days.py ──► requests.py ──► notices.py

`requests` asks departments and takes their answers, `notices` publishes candidates and takes objections, `gates` says
what still stands against confirming a proposal.
"""
