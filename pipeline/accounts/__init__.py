"""Who may do what, and the log of what was done.

    roles.py -> people.py      what each role may, and who has it
    audit.py -> people.py      every change, sealed

All of it may be imported by whatever changes something for a person.
"""
