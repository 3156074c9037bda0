"""Under which name models are released."""

from pydantic import Field

from kedro_asof.params import Block


class ReleaseParams(Block):
    """What a model card tells its reader to load.

    Attributes:
        model_name: Name of the registered model.
    """

    model_name: str = Field(min_length=1)
