"""Long work beside the web server: one process a job, its state in a folder that every worker reads.

    a page ──► process.py ──► python -m dashboard.jobs FOLDER ──► state.json in the folder ──► the page
    process.py ──► __main__.py ──► import_tasks.py, model_tasks.py ──► progress.py

A page imports `process` alone: it starts a job, asks for its state while it runs, and may cancel it. A task is a plain
function of `import_tasks` or `model_tasks`; `__main__` has the table of all tasks. Nothing here knows of Dash.
"""
