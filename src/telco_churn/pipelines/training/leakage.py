"""The leak alarm: is there a feature that knows what only the future could have told it.

In: raw_examples, `leakage`. Out: leakage_findings, the features to leave out, then
the examples that everybody uses.
"""

import logging
from dataclasses import asdict, dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.errors import InputError
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.pipelines.training.leaks.checks import check_feature
from telco_churn.pipelines.training.leaks.finding import Finding, Looked
from telco_churn.pipelines.training.leaks.shared_rows import (
    KEY,
    LEARNT_FROM,
    SHARED_ROWS,
    find_same_features,
    find_same_keys,
    find_shared_rows,
    list_features,
)
from telco_churn.pipelines.training.leaks.tally import count_values
from telco_churn.training_data.training_examples import warn_of_unknown_features

logger = logging.getLogger(__name__)

COLUMNS = {
    "feature": "str",
    "check": "str",
    "evidence": "str",
    "value": "float64",
    "limit": "float64",
}
FEATURE_ADVICE = (
    "Take the feature out in conf/base/parameters/features.yml, or DROP it from your own table; if "
    "it is known before as_of, list it under leakage.accepted in conf/base/parameters/leakage.yml."
)
ROW_ADVICE = (
    "Deliver each customer once, or raise leakage.max_shared_rows in "
    "conf/base/parameters/leakage.yml where customers are alike by nature."
)
ACTION_ADVICE = "Or set leakage.action there to drop (leave out what was found) or warn (go on)."


class LeakageError(InputError):
    """Something among the features gives the label away."""


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


@dataclass(frozen=True)
class _Draw:
    """Which rows are looked at, and which of them are the second half."""

    rows: npt.NDArray[np.int64]
    is_second_half: npt.NDArray[np.bool_]


def _check_features(examples: pd.DataFrame, leakage: LeakageParams, seed: int) -> list[Finding]:
    """Check rows that a model learns from: what is not among them it cannot pick up."""
    learnt = examples["split"].isin(LEARNT_FROM) | examples["split"].str.startswith("fold_")
    learnt_rows = np.flatnonzero(learnt)
    churned = examples["churned"].to_numpy(bool)[learnt_rows]
    if churned.sum() < 2 or (~churned).sum() < 2:
        return []
    draw = _draw_rows(churned, leakage.sample_rows, seed)
    rows, churned = learnt_rows[draw.rows], churned[draw.rows]
    customers, known = pd.factorize(examples["customer_id"].iloc[learnt_rows])
    features = list_features(examples)
    looked = Looked(
        rows=len(rows),
        churned=int(churned.sum()),
        features=len(features),
        customers=customers[draw.rows].astype(np.int64),
        all_customers=len(known),
    )
    found: list[Finding] = []
    for feature in features:
        tally = count_values(examples[feature].iloc[rows], churned, draw.is_second_half)
        found += check_feature(tally, looked, leakage)
    if len(rows) == len(learnt_rows):
        return found
    drawn = f" Counted on {len(rows):,} of {len(learnt_rows):,} rows."
    return [replace(finding, evidence=finding.evidence + drawn) for finding in found]


def _draw_rows(churned: npt.NDArray[np.bool_], most: int, seed: int) -> _Draw:
    """Draw each class in its share, and halve each, so that few churners are not lost by luck."""
    rng = np.random.default_rng(seed)
    share = min(1.0, most / len(churned))
    drawn, halves = [], []
    for rows in (np.flatnonzero(churned), np.flatnonzero(~churned)):
        count = max(2, round(share * len(rows)))
        drawn.append(rng.permutation(rows)[:count])
        halves.append(np.arange(count) % 2 == 1)
    rows, is_second_half = np.concatenate(drawn), np.concatenate(halves)
    order = np.argsort(rows)
    return _Draw(rows[order], is_second_half[order])
