"""Answers about everybody that are kept: worked out once, read by whoever asks after, and told as old once they are.

documents.py writes an answer as JSON and reads it back, keeping.py stores it under its question and all that it depends
on, with a fingerprint of what it rests on. Which questions there are, and how each is worked out, their own rooms know
(dashboard/queries/questions.py puts them together). An answer holds codes and figures; words are chosen when it is
shown.
"""
