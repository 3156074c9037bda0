"""What contacting more customers wins."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from telco_churn.plots.style import BLUE, INK, RED, colour_model, name_model, new_figure, set_title


def draw_profit(
    profit_curve: pd.DataFrame,
    *,
    currency: str,
    capacity: int | None = None,
    baselines: pd.DataFrame | None = None,
) -> Figure:
    """Draw profit over the number contacted, with its interval, best point and capacity.

    Args:
        profit_curve: `contacts`, `profit`, `low`, `high`, in currency per date.
        currency: What money is counted in.
        capacity: Contacts per date at most; None where there is no limit.
        baselines: `model`, `contacts`, `profit`; None leaves them out.
    """
    figure, (axes,) = new_figure()
    curve = profit_curve
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.fill_between(curve["contacts"], curve["low"], curve["high"], color=BLUE, alpha=0.2)
    axes.plot(curve["contacts"], curve["profit"], color=BLUE, linewidth=2.2, label="Candidate")
    for model, line in baselines.groupby("model", sort=False) if baselines is not None else ():
        name = str(model)
        axes.plot(
            line["contacts"],
            line["profit"],
            color=colour_model(name),
            linewidth=1.2,
            label=name_model(name),
        )
    best = curve.iloc[curve["profit"].argmax()]
    label = f"Best: {best['contacts']:,.0f} contacts, {best['profit']:,.0f} {currency}"
    axes.plot(best["contacts"], best["profit"], "o", color=BLUE, markersize=8, label=label)
    if capacity is not None and capacity <= curve["contacts"].max():
        name = f"Capacity: {capacity:,} contacts"
        axes.axvline(capacity, color=RED, linestyle="--", linewidth=1.2, label=name)
    axes.set(xlabel="Customers contacted per date, the riskiest first", xlim=(0, None))
    axes.set_ylabel(f"Profit per date ({currency})")
    # all losses of contacting everybody would press the part that matters flat
    axes.set_ylim(-1.2 * max(curve["high"].max(), 1), 1.3 * max(curve["high"].max(), 1))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.legend(fontsize=9, frameon=False)
    set_title(figure, "Profit by number of customers contacted")
    return figure
