"""What a firm says is wrong about it, and what it was answered.

    subject.py, corrections.py ──► objecting.py ──► answering.py
    subject.py ──► objection_lists.py
    stated_figures.py

A figure is corrected as any figure is: by an import of the source that stated it, which `corrections` writes.
`stated_figures` are those that the firm may object to.
"""
