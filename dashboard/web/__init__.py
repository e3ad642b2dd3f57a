"""What surrounds every page on the way from the browser to a function and back.

    answers.py ◄── callbacks.py
    request.py ◄── callbacks.py ◄── routes.py ◄── auth_guard.py ◄── sign_in.py ──► attempts.py
    plain_values.py ◄── auth_guard.py      routes.py ◄── exports.py      sign_in.py ◄── faults.py

Pages import `request` (the database, the person, the moment), `guarded_callback`, `Page`, `View` and `Download`, and
what fields send is read by sent.py; sign_in.py has what needs a password.
"""
