"""The list of its pools that a city kept before this program: read from a file or as it is typed, and taken over.

    reading.py -> entering.py

`reading` says which firm was in which pool since when, and what is wrong in the list; `entering.enter` takes the whole
of it over, or nothing.
"""
