"""Exact SHAP values by table look-up."""
