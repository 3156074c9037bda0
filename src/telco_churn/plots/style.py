"""Common style of all figures: sizes, colors for color-blind readers, names of models."""

from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from telco_churn.learning.baselines import list_colors, list_titles

WIDTH, HEIGHT = 8.0, 4.6  # inches
INK, FAINT = "#333333", "#bbbbbb"
# Okabe and Ito, Color Universal Design, 2008.
BLUE, ORANGE, GREEN, RED, PURPLE = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7"
# Matplotlib's own font lacks many scripts. For names in these, it takes a font that is installed.
OWN_FONT = "DejaVu Sans"
FONTS = (
    *(
        "Noto Sans",
        "Noto Sans CJK SC",
        "Noto Sans CJK JP",
        "Noto Sans CJK KR",
        "Source Han Sans SC",
    ),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic"),
    *("PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "IPAexGothic", "Arial Unicode MS"),
    *("Noto Sans Devanagari", "Nirmala UI", "Noto Sans Thai", "Leelawadee UI"),
)
MODEL_COLORS = {"candidate": BLUE, "champion": RED}


def new_figure(
    rows: int = 1,
    columns: int = 1,
    *,
    height: float = HEIGHT,
    height_ratios: list[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Create a figure and its axes, listed row by row; `height` is in inches."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, height_ratios=height_ratios)
    axes = [one for line in grid for one in line]
    fonts = find_fonts()
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
        one.spines[["left", "bottom"]].set_color(FAINT)
        one.tick_params(colors=INK, labelsize=9, labelfontfamily=fonts)
        one.grid(color="#eeeeee", linewidth=0.8)
        one.set_axisbelow(True)
    return figure, axes


def find_fonts() -> list[str]:
    """Return matplotlib's own font, and installed fonts for the scripts that it lacks."""
    installed = set(font_manager.get_font_names())
    return [OWN_FONT, *(font for font in FONTS if font in installed)]


def set_title(axes: Axes, title: str) -> None:
    """Set the title of a figure over its first axes, at their left edge."""
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK, pad=10)


def show_percent(*axes: Axis) -> None:
    """Format shares between 0 and 1 as percentages."""
    for axis in axes:
        axis.set_major_formatter(PercentFormatter(1.0))


def name_model(model: str) -> str:
    """Return the display name of a model, such as `Rule of thumb` for `rule_of_thumb`."""
    return list_titles().get(model, model.replace("_", " ").capitalize())


def color_model(model: str) -> str:
    """Return the color of a model, which is the same in every figure."""
    return (MODEL_COLORS | list_colors()).get(model, INK)
