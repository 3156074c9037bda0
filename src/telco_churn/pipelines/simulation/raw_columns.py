"""Columns as an operator's systems write them: ids and dates; and seeded random numbers."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from telco_churn.parameters.simulation import SimulationParams
from telco_churn.pipelines.simulation.covariates import Ints
from telco_churn.pipelines.simulation.hazard import Lives


def chance_of(params: SimulationParams, lives: Lives, purpose: int) -> np.random.Generator:
    """Return the random number generator for one table of one block."""
    return np.random.default_rng([params.seed, purpose, int(lives.customer_number[0])])


def customer_ids(numbers: Ints) -> pa.Array:
    """Return customer numbers as ids."""
    return number_rows("C", 9, numbers)


def number_rows(prefix: str, digits: int, numbers: Ints) -> pa.Array:
    """Return ids of a prefix and a number of fixed length."""
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise(prefix, padded, "")


def dates(
    params: SimulationParams, day: Ints, missing: npt.NDArray[np.bool_] | None = None
) -> pa.Array:
    """Convert days since the first simulated day to dates, null where `missing`."""
    first = np.datetime64(params.first_day, "D").astype(np.int64)
    return pa.array((first + day).astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())
