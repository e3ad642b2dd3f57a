"""Exact SHAP values of a LightGBM model's raw scores, many times faster than LightGBM's own.

    forest.py, jit.py -> leaf_groups.py -> tables.py
    forest.py, jit.py -> direct.py, lookup.py
    direct.py, tables.py, lookup.py, raw_scores.py -> explainer.py

Import `scoring.tree_shap.explainer`: explain, compile_booster, CompiledBooster. `python -m scoring.tree_shap` compiles
the kernels to disk.
"""
