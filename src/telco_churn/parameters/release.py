"""The name under which models are released."""

from pydantic import Field

from kedro_asof.params import Block


class ReleaseParams(Block):
    """The model that a model card tells its reader to load."""

    model_name: str = Field(min_length=1)
    """Name of the registered model; not empty."""
