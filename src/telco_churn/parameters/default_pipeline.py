"""The pipeline that runs when a command names none."""

from pydantic import ConfigDict, RootModel


class DefaultPipeline(RootModel[str]):
    """The pipeline of an environment that `kedro run` runs when it names none."""

    model_config = ConfigDict(frozen=True)
