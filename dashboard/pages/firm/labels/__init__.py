"""The bureau's labels on a firm's page: the pills under its name, and the form that changes them.

card.py     over pipeline.labels
"""
