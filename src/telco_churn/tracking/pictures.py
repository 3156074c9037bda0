"""Makes pictures of what was saved.

In: a Matplotlib figure, figures in a list or by name, or the picture file just written. Out: bytes.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SUFFIXES = (".png", ".jpg", ".jpeg", ".gif")
SIZES = (120, 72, 40)  # dots per inch, tried in turn until the picture is small enough


def read_pictures(
    name: str, data: Any, file: Path | None, limit: int
) -> Iterator[tuple[str, bytes]]:
    """Yield each picture with its name.

    The file just written is taken as it is: drawing a figure again takes a third of a second.

    Raises:
        TypeError: When there is no picture.
        ValueError: When one is too large at the smallest size.
    """
    if file and file.suffix.lower() in SUFFIXES and file.is_file() and file.stat().st_size <= limit:
        yield name, file.read_bytes()
    elif isinstance(data, Mapping):
        for part, figure in data.items():
            yield f"{name}/{part}", _draw(figure, limit)
    elif isinstance(data, list | tuple):
        for number, figure in enumerate(data):
            yield f"{name}/{number}", _draw(figure, limit)
    else:
        yield name, _draw(data, limit)


def _draw(figure: Any, limit: int) -> bytes:
    if not hasattr(figure, "savefig"):
        raise TypeError(f"{type(figure).__name__} is no picture that can be logged")
    for dots_per_inch in SIZES:
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=dots_per_inch)
        if len(drawn.getvalue()) <= limit:
            return drawn.getvalue()
    raise ValueError(f"a picture of {len(drawn.getvalue())} bytes is more than limits.image_bytes")


def find_suffix(content: bytes) -> str:
    """Tell the kind of a picture from its first bytes."""
    starts = {b"\xff\xd8": ".jpg", b"GIF8": ".gif"}
    return next((suffix for start, suffix in starts.items() if content.startswith(start)), ".png")
