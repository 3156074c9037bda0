"""Describe what a model predicts and for which customers, for the model card.

In: the parameters `label`, `eligibility` and `features`, or `own_table`. Out: intended_use.
"""

from dataclasses import dataclass

from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.own_table import OwnTableParams


@dataclass(frozen=True)
class IntendedUse:
    """The permitted uses of a model, in phrases for the model card.

    Attributes:
        predicts: The predicted event, after "The probability that".
        population: The customers to score, after "For".
        not_scored: Uses to avoid, one sentence each.
        absent_tables: Operator tables that were not there, so that no feature reads them.
        remark: A sentence about the event, if it needs one.
    """

    predicts: str
    population: str
    not_scored: tuple[str, ...]
    absent_tables: tuple[str, ...] = ()
    remark: str = ""


def describe_operator(
    label: LabelParams, eligibility: EligibilityParams, features: FeatureParams
) -> IntendedUse:
    """Describe the intended use of a model of operator tables, from its parameters."""
    horizon = f"{_count_days(label.horizon_days)}, counted from the morning of `as_of`"
    tables = ", ".join(f"`{table}`" for table in label.event_tables)
    kinds = {
        "cancellation": "a customer cancels",
        "inactivity": f"a customer has no event in {tables}",
    }
    conditions = [
        f"signed up at least {_count_days(eligibility.minimum_tenure_days)} before `as_of`",
        "have no row in `cancellations` before it",
    ]
    if eligibility.segments:
        conditions.append(f"are in the segment {' or '.join(eligibility.segments)}")
    if eligibility.active_within_days:
        days = _count_days(eligibility.active_within_days)
        conditions.append(f"have an event in the {days} before it")
    return IntendedUse(
        predicts=f"{label.event or kinds[label.kind]} within {horizon}",
        population=f"customers who {_join(conditions)}",
        not_scored=(
            "Do not score customers outside these conditions: training included none of them.",
            "Do not score customers of another operator, or customers after a change of tariffs, "
            "contracts or systems that came after the training dates.",
            "Do not use scores of the training dates as evidence of quality: the model was "
            "trained on their outcomes.",
        ),
        absent_tables=tuple(features.absent),
    )


def describe_table(own_table: OwnTableParams, churn_value: str) -> IntendedUse:
    """Describe the intended use of a model of a flat table, from the table and its target."""
    return IntendedUse(
        predicts=f"`{own_table.target}` is `{churn_value}` for a row of `{own_table.table}`",
        population="rows collected in the same way as this table: the same kind of customers, the "
        "same columns, filled in at the same point of a customer's life",
        not_scored=(
            "Do not score rows whose columns were filled in at another time, or by another rule.",
            "Do not use scores of this table as evidence of quality: the model was fitted on it.",
        ),
        remark="The owner of the table knows what that means and how far ahead it looks.",
    )


def _join(conditions: list[str]) -> str:
    return ", ".join(conditions[:-1]) + f" and {conditions[-1]}"


def _count_days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
