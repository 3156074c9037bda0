"""Reasons in words: the text for each kind of value, and the template that it comes from."""

import re

import numpy as np
import pandas as pd
import pytest

from telco_churn.model.reasons import (
    TemplateError,
    describe_categories,
    describe_numbers,
    resolve_templates,
)
from telco_churn.parameters.reasons import ReasonParams
from tests.conftest import PROJECT, read_parameters

CATEGORIES = {"segment", "region", "age_band", "plan", "technology", "payment_method"}


def default_texts(feature: str) -> dict[str, str]:
    templates = ReasonParams(**read_parameters("reasons")).as_plain()
    return resolve_templates(templates, [feature], [])[feature]


def say(feature: str, value: float, texts: dict[str, str] | None = None) -> str:
    words, _ = describe_numbers(feature, np.array([value]), texts)
    return words[0]


def default_features() -> list[str]:
    lines = (PROJECT / "docs" / "reference" / "features.md").read_text().splitlines()
    return [line.split("`")[1] for line in lines if line.startswith("| `")]


def test_every_feature_of_the_dictionary_has_words() -> None:
    features = default_features()
    templates = ReasonParams(**read_parameters("reasons")).templates
    assert len(features) > 40
    assert set(features) == set(templates)


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        ("contract_days_left", 12, "contract ends in 12 days"),
        ("contract_days_left", 0, "contract ends today"),
        ("contract_days_left", -30, "contract ended 30 days ago"),
        ("contract_days_left", np.nan, "no fixed contract"),
        # 40 MB after 100 MB: (40 - 100) / (40 + 100)
        ("usage_data_mb_trend_28d", -60 / 140, "data use down 60 % from the 4 weeks before"),
        ("usage_data_mb_trend_28d", -1, "data use down 100 % from the 4 weeks before"),
        ("usage_data_mb_trend_28d", 1, "more data use than in the 4 weeks before"),
        ("usage_data_mb_trend_28d", -0.001, "as much data use as in the 4 weeks before"),
        ("usage_data_mb_trend_28d", np.nan, "no data use in the last 8 weeks"),
        ("usage_call_minutes_trend_7d", -0.5, "calls down 67 % from the week before"),
        ("bill_shock", 0.35, "highest bill of the last 5 weeks 35 % above the usual"),
        ("price_change_90d", -0.1, "price down 10 % in the last 90 days"),
        ("usage_dropped_calls_sum_28d", 1, "dropped calls in the last 4 weeks: 1"),
        ("usage_sms_count_mean_7d", 0, "next to no text messages in the last week"),
        ("unpaid_amount", 0, "nothing unpaid"),
        ("unpaid_amount", 39.9, "39.90 overdue"),
        ("contacts_topic_complaint_count_28d", 2, "complaints in the last 4 weeks: 2"),
        (
            "contacts_topic_billing_share_56d", 0.5,
            "50 % of the contacts in the last 8 weeks were about bills",
        ),
        ("contacts_satisfaction_mean_28d", np.nan, "no rating in the last 4 weeks"),
        ("tenure_days", 400, "customer for 400 days"),
    ],
)  # fmt: skip
def test_an_agent_reads_sentences(feature: str, value: float, words: str) -> None:
    assert say(feature, value, default_texts(feature)) == words


@pytest.mark.parametrize("value", [1, -1])
def test_of_one_nothing_is_said_in_the_plural(value: float) -> None:
    numbers = set(default_features()) - CATEGORIES
    said = [say(feature, value, default_texts(feature)) for feature in sorted(numbers)]
    assert len(said) > 40
    assert [words for words in said if re.search(r"(?<![.\d])1 [a-z]+s\b", words)] == []


def test_codes_of_categories_are_read_as_words() -> None:
    values = pd.Series(["direct_debit", None, "card"])
    texts = {"text": "pays by {value}"}
    words, kept = describe_categories("payment_method", values, texts)
    assert words.tolist() == ["pays by direct debit", "Payment method is not known", "pays by card"]
    assert kept.tolist() == ["direct_debit", None, "card"]


def test_without_a_template_name_and_value_make_a_sentence() -> None:
    words, kept = describe_categories("Contract", pd.Series(["Month-to-month"]), None)
    assert words.tolist() == ["Contract is Month-to-month"]
    assert say("MonthlyCharges", 70.35) == "MonthlyCharges is 70.35"
    assert say("tenure_days", np.nan) == "Tenure days is not known"
    numbers, texts = describe_numbers("x", np.array([2.0, np.nan, 0.1, 2.0]), {"text": "{value}"})
    assert numbers.tolist() == ["2.0", "X is not known", "0.1", "2.0"]
    assert texts.tolist() == ["2", None, "0.1", "2"]
    assert kept.tolist() == ["Month-to-month"]


def test_an_own_template_wins_then_the_first_pattern() -> None:
    templates = {
        "usage_*": {"text": "first"},
        "usage_*_trend_*": {"text": "second"},
        "usage_sms_trend_7d": {"text": "own"},
    }
    found = resolve_templates(templates, ["usage_sms_trend_7d", "usage_mb_trend_7d", "plan"], [])
    assert found == {"usage_sms_trend_7d": {"text": "own"}, "usage_mb_trend_7d": {"text": "first"}}


def test_a_rise_from_nothing_is_said_as_a_number() -> None:
    assert say("x", 1.0, {"text": "up {change:.0f} %"}) == "up 999 %"
    assert say("x", 1 / 3, {"text": "up {change:.0f} %"}) == "up 100 %"


def test_one_day_is_not_days() -> None:
    text = {"text": "ended {days} ago", "zero": "ends today"}
    said = [say("x", value, text) for value in (-1.0, -12.0, 0.2)]
    assert said == ["ended 1 day ago", "ended 12 days ago", "ends today"]


def test_a_template_that_does_not_fit_its_feature_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"Invalid template pl\* .* for plan, which is text"):
        resolve_templates({"pl*": {"text": "{value:.0f} days"}}, [], ["plan"])
    with pytest.raises(TemplateError, match=r"Allowed are \{value\}\."):
        resolve_templates({"plan": {"text": "{percent} %"}}, [], ["plan"])
    with pytest.raises(TemplateError, match="which is a number"):
        resolve_templates({"days": {"text": "{value:s}"}}, ["days"], [])


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "in {weeks} weeks",
            r"template x \(text: .*\): it has unknown placeholders \['weeks'\]\. Allowed",
        ),
        ("in {} days", r"unknown placeholders \[''\]"),
        ("{value.__class__}", "unknown placeholders"),
        ("{value[0]}", "unknown placeholders"),
        ("in {value days", "cannot be parsed"),
        ("in {value:.0q} days", "cannot be filled in"),
        ({"missing": "not {value}"}, r"Allowed here are \[\]"),
        ({}, "Missing text in the template x"),
        ({"many": "x"}, "Extra inputs"),
    ],
)
def test_a_text_that_cannot_be_said_is_refused_when_it_is_read(
    template: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        ReasonParams.model_validate({"give_to": "all", "templates": {"x": template}})
