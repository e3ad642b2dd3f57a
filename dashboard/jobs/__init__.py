"""Long work beside the web server: one process a job, its state in a row that every worker on every host reads.

    a page ──► ticks.py
    a page ──► process.py ──► python -m dashboard.jobs JOB ──► its row in the database ──► the page
    process.py ──► rows.py, whereabouts.py
    __main__.py ──► import_tasks.py, model_tasks.py ──► progress.py
    __main__.py ──► pulse.py ──► rows.py

A page imports `process` alone (and `ticks`, how often it asks): it starts a job, asks for its state while it runs, and
may cancel it. A task is a plain
function of `import_tasks` or `model_tasks`; `__main__` has the table of all tasks; `pulse` tells how far a task is, and
ends a process that is no longer wanted. Nothing here knows of Dash.
"""
