"""What waits for a person today, and whom to visit this week.

    pipeline.tutoring.problems ──► agenda.py ◄── choice.py, returns_waiting.py

choice.py keeps whom a person chose to visit instead of those that the program proposes.
"""
