"""A firm's way from its returns to the pools, and the one database it is kept in."""

import os

# Workbooks come from strangers: openpyxl reads them through defusedxml, also where lxml has come with another library.
os.environ.setdefault("OPENPYXL_LXML", "False")
