"""What `conf/base/wandb.yml` may say."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class WandbConfig(BaseModel):
    """Where runs go.

    Attributes:
        project: The W&B project.
        entity: The W&B team or user; None is the default of the account.
        mode: `offline` writes files that `wandb sync` sends later; `online` needs WANDB_API_KEY.
        folder: Where offline files lie.
        table_rows: How many rows of a table are logged at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    project: str
    entity: str | None = None
    mode: Literal["offline", "online", "disabled"] = "offline"
    folder: str = "wandb"
    table_rows: int = 1000


class WandbEntry(BaseModel):
    """What a catalog entry says under `metadata: {wandb: ...}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    log: Literal["metrics", "table"]
