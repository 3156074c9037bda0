"""Says what a model predicts and for whom, in the words of a model card.

In: what counts as churn and who is looked at, or whose table it is. Out: intended_use.
"""

from dataclasses import dataclass

from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.own_table import OwnTableParams


@dataclass(frozen=True)
class IntendedUse:
    """The part of a model card that no figure tells.

    Attributes:
        predicts: What the probability is of; ends a sentence.
        population: For whom; ends a sentence.
        not_scored: Who may not be scored, a sentence each.
    """

    predicts: str
    population: str
    not_scored: tuple[str, ...]


def describe_operator(label: LabelParams, eligibility: EligibilityParams) -> IntendedUse:
    """Put label and eligibility into words."""
    days = f"{_count_days(label.horizon_days)}, counted from the morning of `as_of`"
    tables = ", ".join(f"`{table}`" for table in label.event_tables)
    churn = {
        "cancellation": f"a customer cancels within {days}",
        "inactivity": f"a customer has no event in {tables} within {days}",
    }
    conditions = [
        f"signed up at least {_count_days(eligibility.minimum_tenure_days)} before `as_of`",
        "have not cancelled by then",
    ]
    if eligibility.segments:
        conditions.append(f"are of {' or '.join(eligibility.segments)} (segment)")
    if eligibility.active_within_days:
        days = _count_days(eligibility.active_within_days)
        conditions.append(f"have an event within {days} before")
    return IntendedUse(
        predicts=churn[label.kind],
        population=f"customers who {_join(conditions)}",
        not_scored=(
            "Customers outside these conditions: the model has never seen one.",
            "Customers of another operator, or after a change of tariffs, contracts or systems "
            "that the training dates do not hold.",
            "Dates that the model learnt from, as a proof: it knows what came of them.",
        ),
    )


def describe_table(own_table: OwnTableParams) -> IntendedUse:
    """Put the table and its target into words."""
    return IntendedUse(
        predicts=f"`{own_table.target}` is `{own_table.positive}` for a row of `{own_table.table}`."
        " What that means, and for how long ahead, is known to the owner of the table",
        population="rows that come about as those of this table did: the same customers, the same "
        "columns, filled in at the same point of a customer's life",
        not_scored=(
            "Rows whose columns were filled in at another time, or by another rule.",
            "The rows of this table, as a proof: the model was fitted on them.",
        ),
    )


def _join(conditions: list[str]) -> str:
    return ", ".join(conditions[:-1]) + f" and {conditions[-1]}"


def _count_days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
