"""Exact SHAP values by table lookup."""
