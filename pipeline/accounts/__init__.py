"""Who may do what, and the log of what was done.

    roles.py, departments.py -> people.py      what each role may, which departments there are, and who is what
    audit.py -> people.py      every change, sealed

All of it may be imported by whatever changes something for a person.
"""
