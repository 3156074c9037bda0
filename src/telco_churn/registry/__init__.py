"""Models in MLflow's registry: versions, aliases, packages, the promotion log."""
