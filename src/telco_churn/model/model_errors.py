"""Errors of a packaged model. They know the exit code of bad input, and no other package."""


class ModelInputError(ValueError):
    """What the model was given cannot be used; retrying will not help."""

    exit_code = 65  # `kedro_asof.errors.ExitCode.REFUSED`, which is not shipped with a model
