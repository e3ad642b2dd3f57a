"""From a clerk's file to stored rows, or to the list of cells to correct.

The rooms, each importing only those before it:

    reading -> mapping -> storing -> plausibility -> history

    reading        a file as sheets of typed cells, and what is said about a cell
    mapping        which heading means which fact
    storing        what is asked for, the cells as facts, all of it in one transaction or a refusal
    plausibility   what looks wrong about figures that could be read, and what another source contradicts
    history        what later files correct, the list of imports, and the way back

On top of them, the way of one file:

    opening.py -> importing.py

Whoever imports a file calls importing.py with an ImportRequest; whoever shows what came in asks history/imports.py,
storing/findings.py and plausibility/cross_checks.py.
"""
