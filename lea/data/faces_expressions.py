"""What faces do: seven expressions in any strength, and what is a face's own.

A face is a mixture of its expression at its strongest and none, with a little of its own in every feature.
What blushes, pales, weeps or sweats does so more or less, so that no colour alone tells the expression.
"""

import numpy as np

from lea.data.drawing import uniform

# Lengths are in half heads, `lids` and what follows `crease` are shares of the most.
NEUTRAL = {
    "brow": 0.0,  # how far it is raised
    "slant": 0.0,  # how much lower its outer end is than its middle
    "arch": 0.05,
    "cock": 0.0,  # how much higher the one on the right is
    "lids": 0.93,  # how far the upper ones are open
    "lid_slant": 0.0,
    "squint": 0.02,  # how far the lower ones are raised
    "pupil": 0.12,
    "gaze": 0.0,  # to the left
    "width": 0.26,  # of the mouth, half of it
    "curve": 0.03,  # how much higher its corners are than its middle
    "gape": 0.03,
    "round": 0.0,
    "skew": 0.0,
    "wave": 0.0,
    "teeth": 0.0,
    "tongue": 0.0,  # how far it hangs out
    "crease": 0.0,  # of the nose
    "pale": 0.0,
    "green": 0.0,
    "red": 0.0,
    "blush": 0.0,
    "tear": 0.0,
    "sweat": 0.0,
}
EXPRESSIONS = {  # at their strongest
    "anger": {
        **{"brow": -0.13, "slant": -0.16, "arch": -0.02, "lids": 0.74, "lid_slant": 0.7, "squint": 0.07},
        **{"pupil": 0.095, "width": 0.34, "curve": -0.14, "gape": 0.24, "teeth": 0.4, "red": 0.75},
    },
    "disgust": {
        **{"brow": -0.04, "slant": -0.08, "cock": -0.07, "lids": 0.62, "lid_slant": 0.2, "squint": 0.15},
        **{"gaze": 0.05, "width": 0.28, "curve": -0.14, "gape": 0.08, "skew": -0.05, "wave": 0.04},
        **{"tongue": 0.2, "crease": 0.9, "green": 0.7},
    },
    "fear": {
        **{"brow": 0.12, "slant": 0.12, "arch": 0.03, "lids": 1.05, "pupil": 0.065, "width": 0.36},
        **{"curve": -0.1, "gape": 0.2, "wave": 0.05, "teeth": 0.09, "pale": 0.8, "sweat": 1.0},
    },
    "joy": {
        **{"brow": 0.06, "arch": 0.09, "lids": 0.95, "squint": 0.16, "width": 0.42, "curve": 0.26},
        **{"gape": 0.3, "teeth": 0.1, "blush": 0.55},
    },
    "neutral": {},
    "sadness": {"slant": 0.13, "arch": 0.02, "lids": 0.72, "lid_slant": -0.45, "curve": -0.24, "tear": 1.0},
    "surprise": {
        **{"brow": 0.16, "arch": 0.09, "lids": 1.08, "pupil": 0.1, "width": 0.2, "curve": 0.0},
        **{"gape": 0.5, "round": 1.0},
    },
}
STRENGTH = (0.3, 1.0)  # of an expression
OWN = {  # how far each feature may be from that
    **{"brow": 0.03, "slant": 0.03, "arch": 0.03, "lids": 0.05, "lid_slant": 0.08, "squint": 0.02},
    **{"pupil": 0.015, "gaze": 0.05, "width": 0.04, "curve": 0.05, "gape": 0.03, "skew": 0.02, "wave": 0.01},
}
TINTS = ("pale", "green", "red", "blush", "tear", "sweat")  # which are there more or less


def express(rng: np.random.Generator, expression: np.ndarray) -> dict[str, np.ndarray]:
    """(n,) -> what each face does."""
    strength = uniform(rng, *STRENGTH, len(expression))
    face = {}
    for feature, rest in NEUTRAL.items():
        most = np.array([one.get(feature, rest) for one in EXPRESSIONS.values()], np.float32)
        values = rest + strength * (most[expression][:, None, None] - np.float32(rest))
        values *= uniform(rng, 0, 1, len(expression)) if feature in TINTS else 1
        own = OWN.get(feature, 0.0)
        face[feature] = values + uniform(rng, -own, own, len(expression))
    return face
