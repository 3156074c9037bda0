"""Render a model card as one self-contained page, with style and figures inside.

In: Markdown, figures. Out: HTML.
"""

import base64
import io
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from matplotlib.figure import Figure

FOLDER = files("telco_churn.pipelines.release")
STYLE = FOLDER.joinpath("model_card.css").read_text("utf-8")
DOTS_PER_INCH = 110
INTERVAL = re.compile(r"\((\S+) to (\S+)\)")
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}</main>
</body>
</html>
"""


def render_page(markdown: str, title: str, figures: Mapping[str, Figure]) -> str:
    """Render Markdown as a self-contained HTML page.

    Args:
        markdown: CommonMark with tables; HTML in it is escaped.
        title: Plain-text title of the page.
        figures: The figures by their path in the Markdown.
    """
    addresses = {path: _as_data_address(figure) for path, figure in figures.items()}
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    renderer.add_render_rule("table_open", _open_table)
    renderer.add_render_rule("table_close", _close_table)
    # Hard spaces make a narrow column break before an interval, not inside it.
    tokens = renderer.parse(INTERVAL.sub("(\\1\u00a0to\u00a0\\2)", markdown))
    for token in tokens:
        for child in token.children or []:
            if child.type == "image":
                child.attrs["src"] = addresses[str(child.attrs["src"])]
    body = renderer.renderer.render(tokens, renderer.options, {})
    return PAGE.format(title=title, style=STYLE, body=body)


def _as_data_address(figure: Figure) -> str:
    file = io.BytesIO()
    # The metadata would hold matplotlib's version; without it, equal figures give equal pages.
    figure.savefig(
        file, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", metadata={"Software": None}
    )
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _open_table(_: RendererHTML, *__: Any) -> str:
    return '<div class="table"><table>\n'


def _close_table(_: RendererHTML, __: Sequence[Token], *___: Any) -> str:
    return "</table></div>\n"
