"""What others say of a review's candidates before it is decided: departments asked, a public notice, objections.

    working_days.py ──► requests.py ──► notices.py
    requests.py ──► answers.py, gates.py

A review (pipeline/pools) asks gates.py what still stands against a proposal, and answers.py who is clean.
"""
