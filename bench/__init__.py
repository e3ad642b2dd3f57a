"""How fast Goldseed is beside its peers: `make bench`, or `make bench QUICK=yes` in two minutes.

__main__.py -> environments.py (peers, in environments of their own) -> reasons.py, first_call.py, memory.py,
program.py, dashboards.py (each its own process, each writes one JSON) -> report.py (tables, plots, docs/speed.md)
"""
