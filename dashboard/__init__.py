"""The dashboard: pages over pipeline and scoring, for officers, enterprises and analysts.

    serving.py ──► app.py ──► shell.py ──► search_box.py ──► queries
    app.py ──► pages ──► kept_answers ──► jobs ──► queries ──► components
    pages ──► web ──► data_folder.py
    pages, jobs ──► kept_forms.py
    pages, components ──► checked_once.py

web        what a request knows, callbacks with their policy, addresses, the auth guard, sign-in
queries    reads the database for one person; caches what is expensive
jobs       long work in processes of its own
kept_answers  answers about everybody on a page, and the jobs that work them out
components values in, Dash components out; reads nothing
pages      one module a page; each declares its addresses, and its callbacks
reports    documents that commands write

A room imports only from those to its right; of the other packages only commands imports from here.
"""
