"""Errors of a packaged model. This module imports no other package."""


class ModelInputError(ValueError):
    """Invalid input of the model; retrying does not help."""

    exit_code = (
        65  # equals `kedro_asof.errors.ExitCode.INVALID_INPUT`, which a package does not contain
    )
