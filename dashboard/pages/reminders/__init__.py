"""Reminders: the page behind the bell, and the calendar that a person's own calendar program fetches.

dashboard.web, pipeline.reminders ──► page.py
dashboard.reports ──► calendar_file.py ──► app.py
"""
