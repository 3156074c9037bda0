"""Fit a candidate and predict the held-out rows with it and its baselines."""
