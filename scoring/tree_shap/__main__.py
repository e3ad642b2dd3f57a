"""`python -m scoring.tree_shap`: compile the kernels to disk, a step of installing."""

from scoring.tree_shap.explainer import compile_kernels

if __name__ == "__main__":
    compile_kernels()
