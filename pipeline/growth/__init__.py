"""Fast growers: who grows fast, beside whom, how sure that is, and who of the leaders is in touch with them.

    rates.py ──► growers.py ◄── cells.py        the rule, the rates with their intervals, the rank among firms like it
    terms.py ──► cells.py
    terms.py ──► contacts.py ──► service.py     leaders of three levels, their contacts, who is late
    growers.py ──► service.py ──► in_words.py   a list with both, and how it is said

terms.py reads data/growth.yaml. Whether a firm is a fast grower is said by the rule of the OECD in
data/rules/growth_labels.yaml. All of it may be imported from outside.
"""
