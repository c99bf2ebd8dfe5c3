"""How a dose-volume number is asked for: ``D0.5cc[Gy]`` is the dose to the hottest 0.5 cc, in Gy.

The words are those of AAPM Task Group 263. This module reads and writes them; it computes nothing.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from hepatica.errors import InvalidInput

MetricKind = Literal["D", "DC", "V", "CV", "Mean", "Median", "Max", "Min", "Volume"]
MetricUnit = Literal["Gy", "%", "cc"]

EXAMPLES = (
    "D95%[Gy]",
    "D0.5cc[Gy]",
    "D50%[%]",
    "D2cc[%]",
    "V20Gy[cc]",
    "V20Gy[%]",
    "V95%[%]",
    "V95%[cc]",
    "CV15Gy[cc]",
    "CV15Gy[%]",
    "DC700cc[Gy]",
    "DC30%[Gy]",
    "Mean[Gy]",
    "Mean[%]",
    "Median[Gy]",
    "Max[Gy]",
    "Max[%]",
    "Min[Gy]",
    "Min[%]",
    "Volume[cc]",
)
"""One valid text of every kind and unit; shown when a text is refused."""

_SUMMARIES: tuple[str, ...] = tuple(kind for kind in get_args(MetricKind) if len(kind) > 2)
_SAID = {"dmax": "Max", "dmin": "Min", "dmean": "Mean", "mld": "Mean", "average": "Mean"}
_DOSE_AT_VOLUME = ("D", "DC")
_VOLUME_AT_DOSE = ("V", "CV")
_SYNONYMS = {"CD": "DC"}
_NUMBER = r"(?:0|[1-9]\d*)(?:\.\d+)?"
_GRAMMAR = re.compile(
    rf"(?P<kind>D|DC|CD)(?P<volume>{_NUMBER})(?P<volume_unit>cc|%)\[(?P<dose_out>Gy|%)\]"
    rf"|(?P<kind_v>V|CV)(?P<dose>{_NUMBER})(?P<dose_unit>Gy|%)\[(?P<volume_out>cc|%)\]"
    r"|(?P<summary>Mean|Median|Max|Min)\[(?P<summary_out>Gy|%)\]"
    r"|Volume\[cc\]"
)
_LOOSE = re.compile(
    r"(?P<kind>cv|cd|dc|d|v)\s*(?P<at>\d*[.,]?\d+)\s*(?P<at_unit>%|cgy|gy|cc|cm3|ml)?"
    r"\s*[\[(]?\s*(?P<unit>%|cgy|gy|cc|cm3|ml)?\s*[\])]?"
)


@dataclass(frozen=True)
class Metric:
    """One number of a dose-volume curve, as asked for.

    Parameters
    ----------
    kind : "D", "DC", "V", "CV", "Mean", "Median", "Max", "Min" or "Volume"
        ``D``: dose that the hottest part of the structure reaches at least; ``DC``: dose that the
        coolest part does not exceed; ``V``: volume that receives at least a dose; ``CV``: the
        complement, volume that receives less.
    at : float, optional
        Size of the part (``D``, ``DC``) or the dose (``V``, ``CV``); None for the others.
    at_unit : "cc", "%" or "Gy", optional
        Unit of ``at``. Per cent is of the structure's volume (``D``, ``DC``) or of the
        prescribed dose (``V``, ``CV``).
    unit : "Gy", "%" or "cc"
        Unit of the answer. Per cent is of the prescribed dose where the answer is a dose, of the
        structure's volume where it is a volume.

    Raises
    ------
    InvalidInput
        If the parts do not make a metric.

    Source
    ------
    Mayo et al., AAPM TG-263, Int J Radiat Oncol Biol Phys 2018;100:1057 (dose-volume metrics).
    """

    kind: MetricKind
    at: float | None
    at_unit: MetricUnit | None
    unit: MetricUnit

    def __post_init__(self) -> None:
        if not _GRAMMAR.fullmatch(str(self)):
            raise _refused(str(self))
        _require_range(self)

    def __str__(self) -> str:
        if self.at is None:
            return f"{self.kind}[{self.unit}]"
        return f"{self.kind}{_plain(self.at)}{self.at_unit}[{self.unit}]"

    @property
    def quantity(self) -> Literal["dose", "volume"]:
        """What the answer is: a dose or a volume."""
        return "volume" if self.kind in ("V", "CV", "Volume") else "dose"

    @property
    def needs_prescription(self) -> bool:
        """Whether a prescribed dose must be known: some per cent in it is a share of that dose."""
        if self.quantity == "dose":
            return self.unit == "%"
        return self.at_unit == "%"

    @property
    def needs_dose(self) -> bool:
        """Whether a dose must be known; only the structure's own volume can do without."""
        return self.kind != "Volume"

    @property
    def words(self) -> str:
        """The metric as it is said aloud."""
        return _words(self)


def parse_metric(text: str) -> Metric:
    """The metric that a text of TG-263 grammar names.

    Parameters
    ----------
    text : str
        As in ``EXAMPLES``; ``CD700cc[Gy]`` is read as ``DC700cc[Gy]``.

    Returns
    -------
    Metric

    Raises
    ------
    InvalidInput
        If the text is not of the grammar; the message offers the nearest text that is.

    Examples
    --------
    >>> parse_metric("D0.5cc[Gy]")
    Metric(kind='D', at=0.5, at_unit='cc', unit='Gy')
    >>> parse_metric("D0.5cc[Gy]").words
    'dose to the hottest 0.5 cc, Gy'
    """
    found = _GRAMMAR.fullmatch(text.strip())
    if found is None:
        raise _refused(text)
    part = found.groupdict()
    if part["kind"]:
        kind = _SYNONYMS.get(part["kind"], part["kind"])
        return Metric(kind, float(part["volume"]), part["volume_unit"], part["dose_out"])  # type: ignore[arg-type]
    if part["kind_v"]:
        return Metric(part["kind_v"], float(part["dose"]), part["dose_unit"], part["volume_out"])  # type: ignore[arg-type]
    if part["summary"]:
        return Metric(part["summary"], None, None, part["summary_out"])  # type: ignore[arg-type]
    return Metric("Volume", None, None, "cc")


def nearest_metric(text: str) -> str:
    """The valid metric text that a wrong one most likely means.

    Examples
    --------
    >>> nearest_metric("d0,5CC")
    'D0.5cc[Gy]'
    >>> nearest_metric("V2000cGy[%]")
    'V20Gy[%]'
    """
    wanted = text.strip().lower()
    loose = _LOOSE.fullmatch(wanted)
    mended = None if loose is None else _mended(**loose.groupdict())
    if mended is not None:
        return mended
    word = _SAID.get(wanted) or _close(re.split(r"[\[( ]", wanted)[0], _SUMMARIES, 0.6)
    if word is not None:
        unit = "cc" if word == "Volume" else "Gy"
        return f"{word}[{'%' if unit == 'Gy' and '%' in wanted else unit}]"
    return _close(wanted, EXAMPLES, 0.5) or EXAMPLES[0]


def _close(text: str, known: tuple[str, ...], cutoff: float) -> str | None:
    by_lower = {word.lower(): word for word in known}
    near = difflib.get_close_matches(text, list(by_lower), 1, cutoff)
    return by_lower[near[0]] if near else None


def _mended(kind: str, at: str, at_unit: str | None, unit: str | None) -> str | None:
    kind = _SYNONYMS.get(kind.upper(), kind.upper())
    value = float(at.replace(",", "."))
    if at_unit == "cgy":
        value, at_unit = value / 100.0, "gy"
    tidy = {"gy": "Gy", "cgy": "Gy", "cc": "cc", "cm3": "cc", "ml": "cc", "%": "%"}
    dose_first = kind in _VOLUME_AT_DOSE
    allowed_in, allowed_out = ("Gy", "%"), ("%", "cc")
    if not dose_first:
        allowed_in, allowed_out = ("%", "cc"), ("Gy", "%")
    into, out_of = tidy.get(at_unit or ""), tidy.get(unit or "")
    if into is not None and into not in allowed_in:
        return None
    out_of = out_of if out_of in allowed_out else allowed_out[0]
    whole = 100.0 if (into or allowed_in[0]) == "%" else math.inf
    if not math.isfinite(value) or (not dose_first and not 0 < value <= whole):
        return None
    return f"{kind}{_plain(value)}{into or allowed_in[0]}[{out_of}]"


def _require_range(metric: Metric) -> None:
    at = metric.at
    if at is None:
        return
    if metric.kind in _DOSE_AT_VOLUME and at <= 0:
        raise InvalidInput(
            f"Metric {metric}: a part of size 0 has no dose; ask for Max[{metric.unit}] instead."
        )
    if metric.kind in _DOSE_AT_VOLUME and metric.at_unit == "%" and at > 100:
        raise InvalidInput(f"Metric {metric}: at most 100 % of a structure can be asked for.")


def _refused(text: str) -> InvalidInput:
    return InvalidInput(
        f"Metric {text!r} is not in TG-263 grammar; did you mean {nearest_metric(text)}? "
        "Allowed are D and DC at a volume (D95%[Gy], D0.5cc[Gy], DC700cc[Gy]), V and CV at a dose "
        "(V20Gy[%], CV15Gy[cc]), Mean, Median, Max and Min in [Gy] or [%], and Volume[cc]."
    )


def _plain(value: float) -> str:
    """The shortest decimal text, without exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(metric: Metric) -> str:
    answer = {"Gy": "Gy", "cc": "cc"}.get(metric.unit) or (
        "% of the prescription" if metric.quantity == "dose" else "% of the structure"
    )
    if metric.at is None:
        head = {
            "Mean": "mean dose",
            "Median": "median dose",
            "Max": "highest dose",
            "Min": "lowest dose",
            "Volume": "volume",
        }[metric.kind]
        return f"{head}, {answer}"
    of = " % of the prescription" if metric.quantity == "volume" else " %"
    at = _plain(metric.at) + (of if metric.at_unit == "%" else f" {metric.at_unit}")
    head = {
        "D": f"dose to the hottest {at}",
        "DC": f"highest dose in the coolest {at}",
        "V": f"volume that receives {at} or more",
        "CV": f"volume that receives less than {at}",
    }[metric.kind]
    return f"{head}, {answer}"
