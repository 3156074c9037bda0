"""The leak alarm: find features that reveal the label, and held-out rows shared with training.

In: raw_examples, the parameters `leakage`. Out: leakage_findings, features_left_out, examples.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.errors import LeakageError
from telco_churn.learning.training_examples import (
    FOLD,
    NOT_FEATURES,
    are_in_folds,
    warn_of_unknown_features,
)
from telco_churn.learning.value_counts import SampleInfo, count_values, draw_rows
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.pipelines.training.leak_checks import Finding, check_feature

logger = logging.getLogger(__name__)

ALL_FEATURES, CUSTOMER_AND_DATE = "all features", "customer_id and as_of"
SHARED_ROWS = "shared_rows"
KEY = ["customer_id", "as_of"]
LEARNED_FROM = ("train", "calibration")
COINCIDENCE_ROWS = 10_000  # enough to estimate how often two customers agree in a feature
COLUMNS = {
    "feature": "str",
    "check": "str",
    "evidence": "str",
    "value": "float64",
    "limit": "float64",
}
FEATURE_ADVICE = (
    "Remove the feature from conf/base/parameters/features.yml, or add it to own_table.drop. If "
    "its values are known before as_of, add it to leakage.accepted in "
    "conf/base/parameters/leakage.yml."
)
ROW_ADVICE = (
    "Deliver each customer once. If different customers really have equal features, raise "
    "leakage.max_shared_rows in conf/base/parameters/leakage.yml."
)
ACTION_ADVICE = "Or set leakage.action there to drop (leave out the findings) or warn (only log)."

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SharedRows:
    """Equal rows on both sides of the split, or in different folds.

    Attributes:
        judged: Shape `(rows,)`; whether a row is held out: the test rows, or all rows of folds.
        shared: Shape `(rows,)`; whether a row has an equal row on the other side.
        surplus: Shape `(rows,)`; whether to leave the row out, so that no row is shared anymore.
            Test rows always stay; among folds, the first keeps its rows.
    """

    judged: Booleans
    shared: Booleans
    surplus: Booleans

    @property
    def count(self) -> int:
        """Return the number of held-out rows that are shared."""
        return int((self.judged & self.shared).sum())

    @property
    def share(self) -> float:
        """Return the fraction of held-out rows that are shared."""
        return self.count / max(int(self.judged.sum()), 1)


def find_leaks(
    examples: pd.DataFrame, leakage: LeakageParams, training: TrainingParams
) -> pd.DataFrame:
    """Check each feature for leaks, then look for equal rows on both sides of the split.

    Args:
        examples: Features, `churned` and `split`.
        leakage: The limits, and the accepted features.
        training: `seed` draws the rows that are checked.

    Returns:
        One row per finding: `feature`, `check`, `evidence`, `value`, `limit`. Features are not
        checked if the training rows have fewer than two rows of a class.
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
    """List the features to leave out, or stop the run, depending on `leakage.action`.

    Args:
        leakage_findings: Already saved, so the reader of an error can look them up.
        leakage: `action` is fail, drop or warn.

    Returns:
        Names of the features; empty unless the action is `drop`.

    Raises:
        LeakageError: If the action is `fail` and there are findings; lists all of them.
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
            f"Found {len(evidence)} leak{'s' * (len(evidence) > 1)}, expected none "
            f"(leakage.action is fail):\n{found}\n{' '.join([*advice, ACTION_ADVICE])}"
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
    """Drop training rows that equal a test row; with folds, keep equal rows in one fold only.

    Args:
        raw_examples: The examples as they were read.
        features_left_out: Features to ignore when rows are compared.
        leakage: Rows are dropped only if `action` is `drop` and shared rows are a finding.
        training: `seed` draws the rows that estimate how many are equal by coincidence.

    Returns:
        The remaining rows with all columns, including every test row.
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
    logger.warning("Left out %s training rows that equal held-out rows.", f"{surplus.sum():,}")
    return raw_examples[~surplus]


def find_shared_rows(examples: pd.DataFrame, columns: Sequence[str]) -> SharedRows:
    """Find rows on both sides of the split that agree in all columns, missing values included."""
    split = examples["split"].astype("str")
    is_used = (split != "gap").to_numpy(bool)
    in_folds = are_in_folds(examples)
    judged = is_used if in_folds else (split == "test").to_numpy(bool)
    part = split.where(~split.isin(LEARNED_FROM), "a part to learn from")
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
    """Find held-out rows whose features equal a training row, beyond coincidence."""
    features = list_features(examples)
    if not features:
        return None
    twins = find_shared_rows(examples, features)
    limit = leakage.max_shared_rows
    if twins.share <= limit or _expect_coincidences(examples[features], seed) >= limit:
        return None
    evidence = (
        f"{twins.count:,} of {twins.judged.sum():,} held-out rows ({twins.share:.1%}) agree in all "
        f"{len(features)} features with a training row."
    )
    return Finding(ALL_FEATURES, SHARED_ROWS, evidence, twins.share, limit)


def find_same_keys(examples: pd.DataFrame) -> Finding | None:
    """Find held-out rows whose customer and date are also in the training rows."""
    twins = find_shared_rows(examples, KEY)
    if not twins.count:
        return None
    evidence = (
        f"{twins.count:,} of {twins.judged.sum():,} held-out rows have the same customer and date "
        "as a training row."
    )
    return Finding(CUSTOMER_AND_DATE, SHARED_ROWS, evidence, twins.share, 0.0)


def list_features(examples: pd.DataFrame) -> list[str]:
    """Return the names of the feature columns."""
    return [column for column in examples.columns if column not in NOT_FEATURES]


def _check_features(examples: pd.DataFrame, leakage: LeakageParams, seed: int) -> list[Finding]:
    """Check each feature on the training rows, the only rows whose leaks a model can learn."""
    learned = examples["split"].isin(LEARNED_FROM) | examples["split"].str.startswith(FOLD)
    learned_rows = np.flatnonzero(learned)
    churned = examples["churned"].to_numpy(bool)[learned_rows]
    if churned.sum() < 2 or (~churned).sum() < 2:
        return []
    draw = draw_rows(churned, leakage.sample_rows, seed)
    rows, churned = learned_rows[draw.rows], churned[draw.rows]
    customers, known = pd.factorize(examples["customer_id"].iloc[learned_rows])
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
    if len(rows) == len(learned_rows):
        return found
    drawn = f" Counted on {len(rows):,} of {len(learned_rows):,} rows."
    return [replace(finding, evidence=finding.evidence + drawn) for finding in found]


def _expect_coincidences(features: pd.DataFrame, seed: int) -> float:
    """Estimate the chance that a row has an equal row only because features are few and coarse.

    Features are assumed independent: the chance that two rows agree in one feature, multiplied
    over the features, times the number of rows.
    """
    drawn = features.sample(min(COINCIDENCE_ROWS, len(features)), random_state=seed)
    shares = [drawn[column].value_counts(normalize=True, dropna=False) for column in drawn]
    agreement = [np.square(share.to_numpy(np.float64)).sum() for share in shares]
    return float(min(1.0, len(features) * np.prod(agreement)))
