"""The monitoring report on the board: page.py draws it, files.py gives it out as PDF, DOCX or XLSX."""
