"""The six limb leads of a made heart, in mV: whatever is done to them, one knows what."""

import numpy as np

from tests.made_ecg import made, regular


def limb_leads(fs=250.0, seconds=30.0, *, rate=70.0, noise=0.01, seed=3):
    """Return I, II, III, aVR, aVL, aVF by name: shape (samples,) each."""
    beats = regular(rate, seconds)
    one = made(fs, seconds, beats, height=0.8, noise=noise, seed=seed)
    # Another shape, so that no lead is another one enlarged.
    two = made(fs, seconds, beats, shape="tall t", height=1.3, noise=noise, seed=seed + 1)
    return {
        "I": one,
        "II": two,
        "III": two - one,
        "aVR": -(one + two) / 2,
        "aVL": one - two / 2,
        "aVF": two - one / 2,
    }


def arms_swapped(leads):
    """Return what is recorded of the same heart with the electrodes of the arms swapped."""
    return {
        "I": -leads["I"],
        "II": leads["III"],
        "III": leads["II"],
        "aVR": leads["aVL"],
        "aVL": leads["aVR"],
        "aVF": leads["aVF"],
    }


def rounded(leads, gain=200.0):
    """Return them as a converter of so many steps a mV has them."""
    return {name: np.rint(mv * gain) / gain for name, mv in leads.items()}
