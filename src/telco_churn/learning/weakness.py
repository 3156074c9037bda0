"""Find out whether a model is too weak to act on.

In: evaluation_metrics. Out: sentences for the run summary, the model card and the gate.
"""

from collections.abc import Mapping

from telco_churn.learning.baselines import HEADLINE, list_titles

GAIN = "{baseline}_roc_auc_gain"  # in evaluation_metrics, with `_low` and `_high`
NEGLIGIBLE = 0.005  # ROC AUC; many rows prove differences too small to matter
NO_REMEDY = "add a learner, see docs/how-to/add-a-learner.md"
REMEDIES = {
    "logistic_regression": "set training.learner to logistic_regression",
    "untuned_lightgbm": "remove the parameters of conf/base/parameters/lightgbm.yml",
}


def find_weaknesses(metrics: Mapping[str, float]) -> list[str]:
    """Return why the model is too weak to contact customers with; empty for a useful one.

    Args:
        metrics: `evaluation_metrics`; a version from before a metric existed lacks it.
    """
    weaknesses = []
    if metrics.get("roc_auc_low", 1) <= 0.5:
        weaknesses.append(
            "The model ranks customers no better than chance: its ROC AUC is "
            f"{metrics['roc_auc']:.3f} ({metrics['roc_auc_low']:.3f} to "
            f"{metrics['roc_auc_high']:.3f}), chance is 0.5."
        )
    better = find_better_baselines(metrics)
    is_relevant = metrics.get(GAIN.format(baseline=HEADLINE), 0) < -NEGLIGIBLE
    return weaknesses + [better[name] for name in better if name == HEADLINE and is_relevant]


def find_better_baselines(metrics: Mapping[str, float]) -> dict[str, str]:
    """Return a sentence for each baseline that is proven to rank customers better, by name."""
    better = {}
    for name, title in list_titles().items():
        gain = GAIN.format(baseline=name)
        if metrics.get(f"{gain}_high", 0) < 0:
            better[name] = (
                f"{title} is proven to rank customers better than the model: a ROC AUC of "
                f"{metrics[f'{name}_roc_auc']:.3f} against {metrics['roc_auc']:.3f}, a difference "
                f"of {metrics[gain]:+.3f} ({metrics[f'{gain}_low']:+.3f} to "
                f"{metrics[f'{gain}_high']:+.3f}). To use it: {REMEDIES.get(name, NO_REMEDY)}."
            )
    return better


def describe_quality(metrics: Mapping[str, float]) -> list[str]:
    """Return each weakness and each better baseline once."""
    better = find_better_baselines(metrics).values()
    return list(dict.fromkeys([*find_weaknesses(metrics), *better]))
