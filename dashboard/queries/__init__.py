"""What the pages show, read from the database for one person: every query is limited to the firms that person may see.

    scores.py ──► overview.py, firm.py
    pools.py ──► overview.py, firm_list.py
    bounded_cache.py ──► city_cache.py ──► firm_list.py ◄── grid_filters.py
    bounded_cache.py ──► model_cache.py ──► plot_tables.py

Scores, pools, cases and events are read from their tables, figures through pipeline.facts. `city_cache` holds what is
the same for every reader; `model_cache` what a job worked out about a model. Nothing here knows of a request.
"""
