"""Pieces of pages: values in, Dash components out. Nothing here reads the database or knows who is asking."""
