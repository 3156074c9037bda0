"""The leak alarm: features that know what only the future tells, rows that test what was learnt.

In: raw_examples, `leakage`. Out: leakage_findings, the features to leave out, then the examples
that a model learns from and is judged by.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.errors import InputError
from telco_churn.learning.training_examples import (
    FOLD,
    NOT_FEATURES,
    are_in_folds,
    warn_of_unknown_features,
)
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.pipelines.training.leak_checks import Finding, check_feature
from telco_churn.pipelines.training.value_counts import SampleInfo, count_values, draw_rows

logger = logging.getLogger(__name__)

ALL_FEATURES, CUSTOMER_AND_DATE = "all features", "customer_id and as_of"
SHARED_ROWS = "shared_rows"
KEY = ["customer_id", "as_of"]
LEARNT_FROM = ("train", "calibration")
COINCIDENCE_ROWS = 10_000  # enough to know how often two customers agree in a feature
COLUMNS = {
    "feature": "str",
    "check": "str",
    "evidence": "str",
    "value": "float64",
    "limit": "float64",
}
FEATURE_ADVICE = (
    "Remove the feature from conf/base/parameters/features.yml, or name it in own_table.drop; if "
    "it is known before as_of, list it under leakage.accepted in conf/base/parameters/leakage.yml."
)
ROW_ADVICE = (
    "Deliver each customer once, or raise leakage.max_shared_rows in "
    "conf/base/parameters/leakage.yml where customers are alike by nature."
)
ACTION_ADVICE = "Or set leakage.action there to drop (leave out what was found) or warn (go on)."

Booleans = npt.NDArray[np.bool_]


class LeakageError(InputError):
    """Something among the features gives the label away."""


@dataclass(frozen=True)
class SharedRows:
    """Rows that are alike and stand on both sides of a split, or in different folds.

    Attributes:
        judged: Shape `(rows,)`; the test rows, in folds all.
        shared: Shape `(rows,)`; rows with a twin on the other side.
        surplus: Shape `(rows,)`; those of them to leave out, so that nothing is shared any more
            and the test rows stay; of folds the first keeps its rows.
    """

    judged: Booleans
    shared: Booleans
    surplus: Booleans

    @property
    def count(self) -> int:
        """How many of the judged rows are shared."""
        return int((self.judged & self.shared).sum())

    @property
    def share(self) -> float:
        """Share of the judged rows that are shared."""
        return self.count / max(int(self.judged.sum()), 1)


def find_leaks(
    examples: pd.DataFrame, leakage: LeakageParams, training: TrainingParams
) -> pd.DataFrame:
    """Look at every feature alone, then for rows that stand on both sides of the split.

    Args:
        examples: Features, `churned` and `split`.
        leakage: The limits, and the features that are accepted.
        training: `seed` draws the rows that are looked at.

    Returns:
        One row per finding: `feature`, `check`, `evidence`, `value`, `limit`. None where the
        examples hold one class only: there is nothing to give away.
    """
    warn_of_unknown_features("leakage.accepted", leakage.accepted, examples)
    seed = training.seed
    found = _check_features(examples, leakage, seed)
    names = {finding.feature for finding in found if finding.check == "identifier"}
    unnamed = examples.drop(columns=sorted(names))
    rows_found = [find_same_features(unnamed, leakage, seed), find_same_keys(examples)]
    found += [finding for finding in rows_found if finding]
    rows = [asdict(finding) for finding in found if finding.feature not in leakage.accepted]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def leave_out_features(leakage_findings: pd.DataFrame, leakage: LeakageParams) -> list[str]:
    """Choose the features to leave out, or stop; `leakage.action` says which.

    Args:
        leakage_findings: Saved by now: who reads the error can look them up.
        leakage: `action`.

    Returns:
        Names of features, none unless the action is `drop`.

    Raises:
        LeakageError: When the action is `fail` and something was found; lists all of it.
    """
    evidence = [
        f"{row.check}: {row.evidence} (limit {row.limit:.4g})"
        for row in leakage_findings.itertuples()
    ]
    if not evidence:
        return []
    action, is_feature = leakage.action, leakage_findings["check"] != SHARED_ROWS
    if action == "fail":
        advice = [FEATURE_ADVICE] * bool(is_feature.any()) + [ROW_ADVICE] * (not is_feature.all())
        found = "\n".join(f"  - {line}" for line in evidence)
        raise LeakageError(
            f"The leak alarm found {len(evidence)} leak{'s' * (len(evidence) > 1)}, none is "
            f"allowed:\n{found}\n{' '.join([*advice, ACTION_ADVICE])}"
        )
    done = "left out" if action == "drop" else "kept, because leakage.action is warn"
    for line in evidence:
        logger.warning("Leak, %s: %s", done, line)
    return sorted(set(leakage_findings.loc[is_feature, "feature"])) if action == "drop" else []


def drop_shared_rows(
    raw_examples: pd.DataFrame,
    features_left_out: list[str],
    leakage: LeakageParams,
    training: TrainingParams,
) -> pd.DataFrame:
    """Leave out rows to learn from that also stand in the test; in folds, all but one fold's.

    Args:
        raw_examples: In memory, as they were read.
        features_left_out: Rows are alike that agree in all other features.
        leakage: Nothing happens unless `action` is `drop` and more rows are shared than
            `max_shared_rows` allows.
        training: `seed`.

    Returns:
        The rows that are learnt from and judge, all test rows among them, with all columns.
    """
    if leakage.action != "drop":
        return raw_examples
    examples = raw_examples.drop(columns=features_left_out)
    surplus = np.zeros(len(examples), bool)
    if find_same_features(examples, leakage, training.seed):
        surplus |= find_shared_rows(examples, list_features(examples)).surplus
    if find_same_keys(examples):
        surplus |= find_shared_rows(examples, KEY).surplus
    if not surplus.any():
        return raw_examples
    logger.warning("%s rows left out that also stand in the test.", f"{surplus.sum():,}")
    return raw_examples[~surplus]


def find_shared_rows(examples: pd.DataFrame, columns: Sequence[str]) -> SharedRows:
    """Find rows that agree in all these columns, missing values included, across the split."""
    split = examples["split"].astype("str")
    is_used = (split != "gap").to_numpy(bool)
    in_folds = are_in_folds(examples)
    judged = is_used if in_folds else (split == "test").to_numpy(bool)
    part = split.where(~split.isin(LEARNT_FROM), "a part to learn from")
    content = pd.util.hash_pandas_object(examples[list(columns)], index=False)
    repeated = (content.duplicated(keep=False) & is_used).to_numpy(bool)
    parts = pd.Series(pd.factorize(part[repeated], sort=True)[0])
    twins = parts.groupby(content[repeated].to_numpy())
    first, last = twins.transform("min"), twins.transform("max")
    shared, surplus = np.zeros((2, len(examples)), bool)
    shared[repeated] = first != last
    surplus[repeated] = (first != last) & ((parts != first) if in_folds else ~judged[repeated])
    return SharedRows(judged, shared, surplus)


def find_same_features(examples: pd.DataFrame, leakage: LeakageParams, seed: int) -> Finding | None:
    """Look for judged rows whose features a model has seen, unless coincidence explains it."""
    features = list_features(examples)
    if not features:
        return None
    twins = find_shared_rows(examples, features)
    limit = leakage.max_shared_rows
    if twins.share <= limit or _expect_coincidences(examples[features], seed) >= limit:
        return None
    evidence = (
        f"{twins.count:,} of {twins.judged.sum():,} rows that judge the model ({twins.share:.1%}) "
        f"agree in all {len(features)} features with rows that it learns from."
    )
    return Finding(ALL_FEATURES, SHARED_ROWS, evidence, twins.share, limit)


def find_same_keys(examples: pd.DataFrame) -> Finding | None:
    """Look for judged rows whose customer and date a model has seen."""
    twins = find_shared_rows(examples, KEY)
    if not twins.count:
        return None
    evidence = (
        f"{twins.count:,} of {twins.judged.sum():,} rows that judge the model are of a customer "
        "and date that it also learns from."
    )
    return Finding(CUSTOMER_AND_DATE, SHARED_ROWS, evidence, twins.share, 0.0)


def list_features(examples: pd.DataFrame) -> list[str]:
    """Name the features of examples."""
    return [column for column in examples.columns if column not in NOT_FEATURES]


def _check_features(examples: pd.DataFrame, leakage: LeakageParams, seed: int) -> list[Finding]:
    """Check rows that a model learns from: what is not among them it cannot pick up."""
    learnt = examples["split"].isin(LEARNT_FROM) | examples["split"].str.startswith(FOLD)
    learnt_rows = np.flatnonzero(learnt)
    churned = examples["churned"].to_numpy(bool)[learnt_rows]
    if churned.sum() < 2 or (~churned).sum() < 2:
        return []
    draw = draw_rows(churned, leakage.sample_rows, seed)
    rows, churned = learnt_rows[draw.rows], churned[draw.rows]
    customers, known = pd.factorize(examples["customer_id"].iloc[learnt_rows])
    features = list_features(examples)
    sample = SampleInfo(
        rows=len(rows),
        churned=int(churned.sum()),
        features=len(features),
        customers=customers[draw.rows].astype(np.int64),
        all_customers=len(known),
    )
    found: list[Finding] = []
    for feature in features:
        counts = count_values(examples[feature].iloc[rows], churned, draw.is_second_half)
        found += check_feature(counts, sample, leakage)
    if len(rows) == len(learnt_rows):
        return found
    drawn = f" Counted on {len(rows):,} of {len(learnt_rows):,} rows."
    return [replace(finding, evidence=finding.evidence + drawn) for finding in found]


def _expect_coincidences(features: pd.DataFrame, seed: int) -> float:
    """Chance of a row to have a twin only because features are few and coarse.

    It takes features as independent of each other: the chance that two rows agree in one,
    multiplied over the features, times the rows there are.
    """
    drawn = features.sample(min(COINCIDENCE_ROWS, len(features)), random_state=seed)
    shares = [drawn[column].value_counts(normalize=True, dropna=False) for column in drawn]
    agreement = [np.square(share.to_numpy(np.float64)).sum() for share in shares]
    return float(min(1.0, len(features) * np.prod(agreement)))
