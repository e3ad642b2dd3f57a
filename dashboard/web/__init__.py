"""What surrounds every page on the way from the browser to a function and back.

    request.py ◄── callbacks.py ◄── routes.py ◄── auth_guard.py ◄── sign_in.py ──► rate_limits.py

Pages import `request` (the database, the person, the moment), `guarded_callback`, `Page`, `View` and `Download`, and
`day_of` of dates.py; sign_in.py has what needs a password.
"""
