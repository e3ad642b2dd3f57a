"""Documents about firms, written by commands: firm_pdf.py."""
