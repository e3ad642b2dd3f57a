"""Who may do what, and the log of what was done.

    roles.py, departments.py -> people.py      what each role may, which departments there are, and who is what
    audit.py -> people.py      every change, sealed
    people.py -> invitations.py -> outside_accounts.py      a link to a password of one's own; accounts of the city
    people.py -> second_step.py      a code of the phone

All of it may be imported by whatever changes something for a person.
"""
