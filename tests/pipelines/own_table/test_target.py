"""The target has two values, in any spelling, and says which of them means churn."""

import pandas as pd
import pytest

from telco_churn.pipelines.own_table.target import (
    find_churned,
    find_positive,
    read_target,
    show_positive,
)


@pytest.mark.parametrize(
    ("values", "given", "expected"),
    [
        (["Yes", "yes ", "No", "NO"], None, [True, True, False, False]),
        ([1.0, 0.0, None], None, [True, False, None]),
        (["1", "1.0", "true", "Yes", "0", "no"], None, [True, True, True, True, False, False]),
        ([True, False], None, [True, False]),
        (["Exited", "Stayed"], None, [True, False]),
        (["a", "b", "?"], "B", [False, True, None]),
        (["1", "2"], "2.0", [False, True]),
        ([1, 0], "Yes", [True, False]),
        (["Yes", "No"], "true", [True, False]),
        (["left", "right"], None, None),
        (["Yes", "No"], "maybe", None),
    ],
)
def test_words_for_churn_are_found(
    values: list[object], given: str | None, expected: list[bool | None] | None
) -> None:
    target = read_target(pd.Series(values))
    positive = find_positive(target, given)
    if expected is None:
        assert positive is None
        return
    found = find_churned(target, positive)
    assert [None if pd.isna(value) else bool(value) for value in found] == expected


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (["YES", "Yes", "Yes", "no"], "Yes"),
        ([1.0, 0.0, None], "1"),
        ([True, False], "True"),
        (["1", "true", "1", "0", "no"], "1"),
    ],
)
def test_the_value_for_churn_is_shown_as_the_file_writes_it(
    values: list[object], shown: str
) -> None:
    column = pd.Series(values)
    target = read_target(column)

    assert show_positive(column, target, str(find_positive(target, None))) == shown
