"""The register of advisers: brokers, law firms, auditors, valuers and agencies, and what is known of each.

    kinds.py ──► register.py, evaluations.py, spot_checks.py     the words of all of them
    register.py ──► adviser_lists.py        names, codes, filings; two spellings that are one
    served.py ──► adviser_lists.py          whose firms stand where, and how far they came
    evaluations.py ──► adviser_lists.py     what officers think of their work
    differences.py ──► adviser_lists.py     contradictions in the returns that they prepared
    drawing.py ──► spot_checks.py           whom to look at, drawn at random
    differences.py ──► spot_checks.py       whose returns are drawn

Who advises a firm, and the negative list, stand in pipeline.tutoring, whose gates ask for them. All of it may be
imported from outside.
"""
