"""How figures are printed."""

from collections.abc import Sequence

import numpy as np


def quantiles(values: Sequence[float], unit: str, scale: float = 1.0) -> str:
    """Return p50, p99 and the worst of `values`, times `scale`, in words."""
    p50, p99, worst = (scale * float(np.percentile(values, q)) for q in (50, 99, 100))
    return f"p50 {p50:.2f} {unit}, p99 {p99:.2f} {unit}, worst {worst:.2f} {unit}"


def verdict(what: str, reached: float, most: float, unit: str) -> bool:
    """Print one figure against its target, and return whether it is met."""
    return _said(what, reached, f"<= {most:g}", unit, met=reached <= most)


def at_least(what: str, reached: float, least: float, unit: str) -> bool:
    """Print one figure that is to be high against its target, and return whether it is met."""
    return _said(what, reached, f">= {least:g}", unit, met=reached >= least)


def _said(what: str, reached: float, target: str, unit: str, *, met: bool) -> bool:
    word = "met" if met else "MISSED"
    print(f"  {what}: {reached:.2f} {unit} (target {target} {unit}: {word})", flush=True)
    return met
