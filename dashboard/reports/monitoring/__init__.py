"""The monitoring report on paper: papers.py writes it as PDF, DOCX or XLSX from the tables of pipeline.monitoring."""
