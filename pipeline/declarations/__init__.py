"""The ways into the pools: a district nominates, a firm applies, each a dated declaration with a name under it.

    content.py ──► declarations.py
    content.py ──► declared_facts.py

`content.Application` is what a firm declares, `declarations` takes declarations in and withdraws them,
`declared_facts.declared` is what was declared by a day, for whoever judges that day.
"""
