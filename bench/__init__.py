"""How fast Goldseed is beside its peers: `make bench`, or `make bench QUICK=yes` in two minutes.

    environments.py -> __main__.py
    panels.py -> reasons.py, first_call.py, dashboards.py
    measuring.py -> reasons.py, program.py, sizes.py
    clicks.py -> pages.py, sizes.py
    synthetic_firms.py, steps.py, workers.py -> sizes.py
    reasons.py, first_call.py, size_report.py -> report.py

__main__.py prepares the peers' environments (environments.py), runs each measurement as a process of its own that
writes one JSON file, and ends with report.py: tables, plots, docs/speed.md. `make bench SIZE=province` measures that
size alone.
"""
