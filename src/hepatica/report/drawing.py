"""Ink and paper of all pictures: one typeface, one line weight, the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hepatica.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1A1A1A"
GREY = "#5F6368"
HAIRLINE = "#D5D8DC"

_SUFFIXES = {".svg": "svg", ".png": "png", ".pdf": "pdf"}
_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 8.0,
    "axes.titlesize": 9.0,
    "axes.labelsize": 8.0,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": HAIRLINE,
    "grid.linewidth": 0.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "svg.fonttype": "path",
    "svg.hashsalt": "hepatica",
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
    "figure.dpi": 100,
}


@contextmanager
def pen() -> Iterator[None]:
    """Hepatica's drawing style while the block runs, independent of the user's settings.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as absent:
        raise MissingExtra("matplotlib", "report", "Drawing a figure") from absent
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure that needs no screen; call inside `pen`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in))


def svg_text(figure: Figure) -> str:
    """The figure as SVG text without dates; call inside `pen`."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "Hepatica"})
    return buffer.getvalue().decode("utf-8")


def save(figure: Figure, path: Path) -> Path:
    """Write the figure; the suffix chooses SVG, PNG or PDF. Call inside `pen`.

    Raises
    ------
    InvalidInput
        If the suffix is another one.
    """
    kind = picture_kind(path)
    metadata: dict[str, dict[str, str | None]] = {
        "svg": {"Date": None, "Creator": "Hepatica"},
        "pdf": {"CreationDate": None, "ModDate": None, "Creator": "Hepatica"},
        "png": {"Software": "Hepatica"},
    }
    figure.savefig(path, format=kind, metadata=metadata[kind])
    return path


def picture_kind(path: Path) -> str:
    """``svg``, ``png`` or ``pdf``, from the suffix.

    Raises
    ------
    InvalidInput
        If the suffix is another one.
    """
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise InvalidInput(
            f"Picture {path.name}: the suffix is {path.suffix or 'missing'}; .svg, .png and .pdf "
            "are allowed. Give the file one of these."
        )
    return kind
