"""The page of all threads, and the files that come from them.

files.py     a file of a message, as a download
page.py      the threads, those with something new first
"""
