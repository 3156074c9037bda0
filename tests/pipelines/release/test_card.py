"""The model card shows its figures, describes its data correctly, and is self-contained."""

import re
from typing import Any

import pandas as pd
import pytest

from kedro_asof.git_commit import Commit
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.release.card import name_version, write_model_card
from telco_churn.pipelines.release.intended_use import describe_operator
from tests.conftest import feature_params
from tests.pipelines.release import small_evaluation as small
from tests.pipelines.release.small_card import (
    DECISION,
    PROMOTION,
    TABLE,
    examples,
    leakage,
    make_card_inputs,
    tuning,
)
from tests.pipelines.release.small_models import make_version

pytestmark = pytest.mark.xdist_group("card")  # one worker, so its fixtures are made once


def write(**changes: Any) -> tuple[str, str]:
    return write_model_card(**make_card_inputs(**changes))


@pytest.fixture(scope="module")
def card() -> tuple[str, str]:
    return write()


@pytest.mark.parametrize(
    "part",
    [
        "# Model card: telco_churn",
        "- **Version:** the registered version that contains this card\n",
        "- **Trained:** on 2026-09-30 (UTC), as of the morning of 2026-09-28\n",
        "- **Git commit:** `c0ffee`\n",
        "- **Decision of the gate:** champion\n",
        "On 20 held-out rows, it finds 46 % of the churners among the riskiest tenth",
        "would earn 4,321 (4,105 to 4,537) EUR per date, and the best baseline (Untuned LightGBM) "
        "4,235 EUR.",
        "the second with the best number of contacts in hindsight and without the maximum, while "
        "the expected value in the summary of a scoring run is a forecast",
        "\n- Brier score: Rule of thumb, Logistic regression, Untuned LightGBM\n",
        "a customer cancels within 28 days, counted from the morning of `as_of`",
        "signed up at least 30 days before `as_of`, have no row in `cancellations` before it and "
        "are in the segment consumer",
        "| training | 2026-01-05 to 2026-02-02 | 2 | 40 | 20 | 8 | 20.00% |",
        "| evaluation | 2026-06-01 | 1 | 20 | 20 | 4 | 20.00% |",
        "reads 1 numeric and 1 categorical features",
        "in brackets is a 90 % interval",
        "compares the model with the previous champion and baselines",
        "The leak alarm found no leaks",
        "Its parameters were configured, not searched for.",
        "| ROC AUC | 0.8123 (0.7717 to 0.8529) | 0.7879 (",
        "| Expected profit per date | 4,321 (4,105 to 4,537) |",
        "| Maximum contacts per date | 1,500 |",
        "from a churn probability of 5.00 %",
        "an expected profit of 4,321 (4,105 to 4,537) EUR per date",
        "| 1 | 4,100 | 377 | 9.66% | 9.20% | 4.60 (4.14 to 5.06) | 45.6% (43.3% to 47.9%) |",
        "| age_band: 75 and over | 8,000 | 160 | 2.00% | not evaluated | not evaluated |",
        "| segment | ROC AUC | 0.012 (0.000 to 0.046) | business | consumer |",
        "ranks the churner higher in 81 of 100 pairs",
        "54 % of churners are outside the riskiest decile",
        "That 30 % of contacted customers accept the offer is an assumption",
        "The model was evaluated on 1 date.",
        "Slices with too few rows to evaluate: age_band: 75 and over.",
        "- It earns 10 EUR more.",
        'load_model("models:/telco_churn@champion")',
    ],
)
def test_a_card_of_an_operator_holds(part: str, card: tuple[str, str]) -> None:
    assert part in card[0]


def test_the_page_has_the_tables_and_figures_of_the_markdown(card: tuple[str, str]) -> None:
    markdown, page = card
    assert "4,321 (4,105\u00a0to\u00a04,537)" in page
    assert page.count("<table>") == len(re.findall(r"^\| --", markdown, re.M)) == 6
    named = re.findall(r"\]\(plots/(\w+)\.png\)", markdown)
    assert len(named) == page.count('src="data:image/png;base64,') == 6


def test_the_page_needs_nothing_but_itself(card: tuple[str, str]) -> None:
    page = card[1]
    assert re.findall(r"https?:|url\(|<script|<link|@import|src=\"(?!data:)", page) == []
    assert 'name="viewport"' in page


def test_the_same_training_writes_the_same_card(card: tuple[str, str]) -> None:
    assert write() == card


def test_a_registered_card_names_its_version_and_differs_in_nothing_else(
    card: tuple[str, str],
) -> None:
    drafted = "the registered version that contains this card"
    assert [text.count(drafted) for text in card] == [1, 1]
    expected = tuple(text.replace(drafted, "7") for text in card)
    assert name_version(*card, make_version(7)) == expected


@pytest.mark.parametrize(
    ("commit", "expected"),
    [
        (Commit("c0ffee", is_clean=False), "`c0ffee`, with uncommitted changes\n"),
        (None, "not known\n"),
    ],
)
def test_the_card_says_if_the_commit_lacks_changes_or_is_not_known(
    commit: Commit | None, expected: str
) -> None:
    assert f"- **Git commit:** {expected}" in write(commit=commit)[0]


def test_a_baseline_that_is_not_worse_is_named_by_metric() -> None:
    intervals = small.make_metric_intervals()
    better = intervals["metric"].isin(["brier", "log_loss", "expected_calibration_error"])
    worse = intervals[~better]
    markdown, _ = write(metric_intervals=worse)
    assert "Each baseline is worse than this model by every metric." in markdown
    is_logistic = worse["model"].eq("logistic_regression") & worse["metric"].eq("lift_at_5_percent")
    equal = worse.assign(value=worse["value"].mask(is_logistic, 6.78))
    markdown, _ = write(metric_intervals=equal)
    note = markdown.partition("A baseline is not worse")[2].partition("The metrics are:")[0]
    assert re.findall("^- .*$", note, re.M) == ["- Lift at 5 %: Logistic regression"]


def test_columns_of_text_are_aligned_left_and_columns_of_numbers_right(
    card: tuple[str, str],
) -> None:
    markdown, page = card
    for heading, alignment in (
        ("| Purpose | Dates | Snapshots |", "| --- | --- | ---: |"),
        ("| Decile | Customers |", "| ---: | ---: |"),
        ("| Slice | Measure | Gap | Worst | Best |", "| --- | --- | ---: | --- | --- |"),
    ):
        assert re.search(rf"^{re.escape(heading)}.*\n{re.escape(alignment)}", markdown, re.M)
    assert "<td>2026-06-01</td>" in page
    assert '<td style="text-align:right">1,500</td>' in page


def test_a_table_in_folds_is_described_as_such() -> None:
    folds = examples(("fold_1", "2026-01-05"), ("fold_2", "2026-01-05"))
    markdown, _ = write(intended_use=TABLE, examples_summary=folds)
    for part in (
        "`left` is `Yes` for a row of `customers.csv`",
        "The owner of the table knows",
        "Each row was evaluated out of fold: by a model that was not trained on it.",
        "| training, and evaluation out of fold | 2026-01-05 | 1 | 40 | 20 | 8 |",
        "not on later ones",
    ):
        assert part in markdown
    for part in ("28 days", "on the test rows", "signed up", "seasons"):
        assert part not in markdown


def test_a_table_split_by_time_is_described_as_such() -> None:
    markdown, _ = write(intended_use=TABLE)
    assert "for a row of `customers.csv`" in markdown
    assert "evaluated on the test rows" in markdown


def test_inactivity_names_its_tables() -> None:
    label = LabelParams(kind="inactivity", horizon_days=30, event_tables=["usage", "invoices"])
    subject = describe_operator(label, EligibilityParams(active_within_days=90), feature_params())
    assert "no event in `usage`, `invoices` within 30 days" in subject.predicts
    assert subject.population.endswith("and have an event in the 90 days before it")


def test_another_outcome_is_named_in_its_own_words() -> None:
    label = LabelParams(kind="cancellation", event="a customer buys", horizon_days=28)
    subject = describe_operator(label, EligibilityParams(), feature_params())
    assert "The probability that a customer buys within 28 days" in write(intended_use=subject)[0]


def test_the_card_names_the_tables_that_were_not_there() -> None:
    features = feature_params().model_copy(update={"absent": ["invoices", "contacts"]})
    subject = describe_operator(
        LabelParams(kind="cancellation", horizon_days=28), EligibilityParams(), features
    )
    line = "These tables were not there, and no feature reads them: invoices, contacts."
    assert line in write(intended_use=subject)[0]
    assert "were not there" not in write()[0]


def test_the_card_shows_leaks_a_search_and_a_rejection() -> None:
    leaks = pd.DataFrame(
        [{"feature": "win_back", "check": "alone", "evidence": "ROC AUC 0.99", "value": 1.0}]
    )
    rejected = PROMOTION | {"status": "rejected", "reasons": ["It earns less."]}
    markdown, _ = write(
        leakage_findings=leaks, leakage=leakage("warn"), tuning=tuning(30), promotion=rejected
    )
    assert "The leak alarm found these leaks" in markdown
    assert "(action: warn). A leak is" in markdown
    assert "\n\n- `win_back`, alone: ROC AUC 0.99" in markdown
    assert "search of up to 30 trials" in markdown
    assert "- **Decision of the gate:** rejected" in markdown
    assert "The gate decided **rejected** for these reasons:\n\n- It earns less." in markdown
    assert "models:/telco_churn/<version>" in markdown


def test_without_slices_the_card_says_so_and_shows_none() -> None:
    markdown, page = write(
        slice_metrics=small.make_slice_metrics().head(0),
        slice_gaps=small.make_slice_gaps().head(0),
    )
    assert "No slice was evaluated" in markdown
    assert "slice_plot" not in markdown
    assert page.count("<table>") == 4


def test_values_of_a_table_cannot_break_the_card_or_act_in_the_page() -> None:
    slices = small.make_slice_metrics()
    hostile = slices.assign(value=["<script>x</script>", "a|b", "c\nd", "[x](http://x)", "e"])
    markdown, page = write(slice_metrics=hostile)
    assert "segment: a\\|b |" in markdown
    assert "region: c d |" in markdown
    assert "<script" not in page
    assert "<a " not in page
    cells = {line.count("<td") for line in re.findall(r"<tr>\n(.*?)</tr>", page, re.DOTALL)}
    assert cells <= {0, 2, 5, 6, 7}


@pytest.mark.parametrize("change", [{"acceptance_rate": 0.0}, {"contact_cost": 500.0}])
def test_where_no_contact_pays_the_card_says_so(change: dict[str, float]) -> None:
    markdown, _ = write(decision=DECISION.model_copy(update=change))
    assert "no contact pays" in markdown
