"""What looks wrong about figures that could be read; each a finding that waits for a person.

    panel.py -> unit_error_findings.py -> unit_errors.py -> plausibility.py      within a file and a firm's years
    panel.py -> percent_errors.py -> unit_errors.py -> doubted_figures.py        the same, for facts as known on a day

Beside them cross_checks.py: what two sources say of the same figure. From outside: cross_checks.py and
doubted_figures.py.
"""
