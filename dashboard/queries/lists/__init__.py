"""The list of firms as statements: what is asked of it, how that is filtered and sorted, which columns it has.

grid_filters.py ──► list_conditions.py ──► case_columns.py ──► firm_list.py
"""
