"""Answers about everybody on a page: shown from their row, worked out beside the server where they are old or missing.

    a page ──► panel.py ──► asking.py

A page declares a Panel with its question (dashboard/queries/questions.py) and how its answer is drawn; `asking` looks
for the answer and has a job begun, `panel` says of which moment it is and follows the job.
"""
