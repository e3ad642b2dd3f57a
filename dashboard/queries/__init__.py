"""What the pages show, read from the database for one person: every query is limited to the firms that person may see.

    scores.py ──► overview.py, firm.py
    counts.py ──► lists ──► search             the list of firms; what the head of every page finds
    bounded_cache.py ──► city_cache.py
    bounded_cache.py ──► model_cache.py ──► plot_tables.py

What lists and counts show is read from the stored list (scoring/firm_list), scores, pools, cases and events from their
tables, figures through pipeline.facts. `city_cache` holds what a comparison of rules reads; `model_cache` what a job
worked out about a model. Nothing here knows of a request.
"""
