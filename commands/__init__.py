"""The commands of `goldseed`, a file for each part of a firm's way; cli.py puts them together.

A command carries values from its arguments to a plain function and prints what that returns. What loads pandas,
LightGBM, SQLAlchemy or Dash is imported inside the command, so that `goldseed --help` answers at once. Today's date
is asked for here and in the dashboard's callbacks, and nowhere else.
"""
