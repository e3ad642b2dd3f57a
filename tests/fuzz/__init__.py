"""Workbooks spoilt in all ways that come to mind: none may be read wrongly, none may end the program.

    spoilt_workbooks.py -> second_reading.py -> fuzz_workbooks.py

A few seconds of it run in the suite (tests/pipeline/intake/reading/test_spoilt_workbooks.py); for hours of it:

    python -m tests.fuzz.fuzz_workbooks --minutes 60
"""
