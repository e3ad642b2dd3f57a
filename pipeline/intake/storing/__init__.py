"""A file that is to be stored: what is asked for, its cells as facts, all of it stored or a refusal.

    import_request.py -> store.py                                   all of it, in one transaction
    checked_rows.py -> validation.py -> reports.py                  cells as facts, laid aside, or problems
    checked_rows.py -> store.py                                     read back in pieces
    findings.py -> annotated_workbook.py -> reports.py              what waits for a person, and what is told
    findings.py -> restatement.py -> reports.py                     old -> new, of what was stated before
    findings.py -> import_list.py -> refusals.py                    the list of what came in

From outside: import_request.py, findings.py, reports.py, import_list.py.
"""
