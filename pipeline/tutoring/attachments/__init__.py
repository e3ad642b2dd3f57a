"""Files that are attached to visits: what may come in, and how it is kept and given out.

    file_names.py ──► file_checks.py ──► attachments.py
    office_files.py, picture_files.py, pdf_files.py ──► file_checks.py

A file's content says what kind of file it is; its name only has to agree. The bytes stand in the database under their
hash, written in the transaction that names them, and are held against it whenever they are read.
"""
