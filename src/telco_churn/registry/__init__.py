"""The model registry in MLflow: versions, aliases, packages and the promotion log."""
