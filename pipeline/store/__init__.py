"""The one database: typed tables, how it is opened, its migrations, and what is current in it.

    reported_facts.py -> tables.py -> current.py
    tables.py -> data_version.py
    tables.py, many_ids.py -> firm_selection.py
    tables.py, engines -> many_rows.py

firm_selection.py says which firms a reading is limited to: all, some (many_ids.py), or a range of them.

Beside them pool_tables.py, tutoring_tables.py, attachment_tables.py and plan_tables (a file a topic), database.py (how
it is opened), write_lock.py (who writes waits for each other), engines (what SQLite and PostgreSQL do each in its own
way) and trail (the chain under the audit log). Imports nothing of the rooms above it.
"""
