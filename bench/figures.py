"""How figures are printed."""

from collections.abc import Sequence

import numpy as np


def quantiles(values: Sequence[float], unit: str, scale: float = 1.0) -> str:
    """Return p50, p99 and the worst of `values`, times `scale`, in words."""
    p50, p99, worst = (scale * float(np.percentile(values, q)) for q in (50, 99, 100))
    return f"p50 {p50:.2f} {unit}, p99 {p99:.2f} {unit}, worst {worst:.2f} {unit}"


def verdict(what: str, reached: float, most: float, unit: str) -> bool:
    """Print one figure against its target, and return whether it is met."""
    met = reached <= most
    word = "met" if met else "MISSED"
    print(f"  {what}: {reached:.2f} {unit} (target <= {most:g} {unit}: {word})", flush=True)
    return met
