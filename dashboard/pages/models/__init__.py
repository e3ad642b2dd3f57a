"""The pages about models, the analyst's workbench.

    registry.py ──► compare.py, expected_events.py, monitoring.py ──► job_panel.py
    model.py ──► evaluation.py, shap_plots.py, monitoring.py ──► job_panel.py ──► dashboard.jobs

registry.py lists, trains and promotes models; model.py shows one; job_panel.py shows what a job computes.
"""
