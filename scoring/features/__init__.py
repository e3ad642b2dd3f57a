"""Facts known on a day -> one row of features per firm.

    derived_figures.py, listing_lines.py -> history.py -> feature.py -> definitions.py -> matrix.py

Import `scoring.features.matrix` (features_on, FEATURES, GROUPS, facts_used) and `scoring.features.listing_lines` (the
lines of the law that features measure against).
"""
