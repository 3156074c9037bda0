"""How LightGBM trains."""

from pydantic import Field

from kedro_asof.params import Block


class LightGBMParams(Block):
    """LightGBM's parameters under LightGBM's names, and when it stops adding trees."""

    learning_rate: float = Field(gt=0, le=1)
    """Weight of each new tree; above 0, at most 1."""
    num_leaves: int = Field(ge=2)
    """Largest number of leaves per tree; 2 or more."""
    min_child_samples: int = Field(ge=1)
    """Fewest rows in a leaf; 1 or more."""
    colsample_bytree: float = Field(gt=0, le=1)
    """Share of the features that each tree may use; above 0, at most 1."""
    lambda_l2: float = Field(ge=0)
    """L2 regularization of leaf values; 0 or more."""
    max_trees: int = Field(ge=1)
    """Largest number of trees; 1 or more."""
    patience: int = Field(ge=1)
    """Trees without improvement on the calibration rows before training stops; 1 or more."""
    threads: int = Field(ge=1)
    """Number of training threads; 1 or more."""
