"""dSprites drawn here: enters rows of the grid, leaves pictures of 64 x 64 or 32 x 32 (Sec. 4.8).

The original was drawn with the LOVE framework from vectors whose sizes were not published. What is known:
its pixels are 0 or 1 and their mean is 0.042494, that is 294 pixels a sprite at scale 1; orientations 0 and
39 are both the full turn, so they show the same picture; LOVE turns clockwise on a screen.

Decision: the embedded square has a side of 21.5 pixels at scale 1, the ellipse the axes 21.5 and 10.75, the
long one level at orientation 0. The heart is a square on its tip with a disc on each upper side, of the size
that gives the published mean, and turns about its centroid. At these sizes no pixel's centre lies on an edge,
so rounding decides nothing, and the square grows with each scale at 32 pixels too. Orientation turns
clockwise, x goes right and y down. A step of x or y is one pixel at 64 pixels and half a pixel at 32; the
centres fill the middle half, and nothing is ever cut off. A pixel is on when its centre lies in the shape.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lea.data.dsprites_archive import CHUNK, SIDE

# shape, scale, orientation, x, y: the last varies fastest, as in the published file
GRID = (3, 6, 40, 32, 32)
SCALES = np.linspace(0.5, 1, GRID[1])
ORIENTATIONS = np.linspace(0, 2 * np.pi, GRID[2])
POSITIONS = np.linspace(0, 1, GRID[3])

# Lengths are in pixels of the original.
FIRST_CENTRE = 16.5  # the middle of pixel 16; the last centre is that of pixel 47
REACH = 16  # no pixel of a sprite is further from the pixel with its centre
SQUARE_SIDE = 21.5
ELLIPSE_AXES = (21.5, 10.75)
HEART_SIDE = 11.57  # of its square; its area is (1 + pi / 4) times the square of it
HEART_CENTROID = (3 * np.pi + 4) / (12 + 3 * np.pi) / np.sqrt(8)  # above the square's centre, in sides


def draw_rows(rows: np.ndarray, side: int) -> np.ndarray:
    """Pictures (n, side, side, 1) of rows of the grid, each sprite drawn once and pasted where it belongs."""
    phases, phase, corner = place_sprites(side)
    sprites = draw_sprites(side, phases)
    size = sprites.shape[-1]
    pixels = np.zeros((len(rows), side, side, 1), np.uint8)
    for start in range(0, len(rows), CHUNK):
        part = pixels[start : start + CHUNK, :, :, 0]
        shape, scale, orientation, x, y = np.unravel_index(rows[start : start + CHUNK], GRID)
        windows = sliding_window_view(part, (size, size), axis=(1, 2), writeable=True)
        chosen = sprites[shape, scale, orientation, phase[y], phase[x]]
        windows[np.arange(len(part)), corner[y], corner[x]] = chosen
    return pixels


def place_sprites(side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The centres' distances from their pixel's middle; for each position, which of them, and the corner."""
    centres = (FIRST_CENTRE + np.arange(len(POSITIONS))) * side / SIDE
    pixels = np.floor(centres).astype(int)
    phases, phase = np.unique(centres - pixels - 0.5, return_inverse=True)
    return phases, phase, pixels - REACH * side // SIDE


def draw_sprites(side: int, phases: np.ndarray) -> np.ndarray:
    """All sprites (shape, scale, orientation, phase of y, phase of x, h, w) as bytes 0 or 255."""
    reach = REACH * side // SIDE
    offsets = (np.arange(-reach, reach + 1) - phases[:, None]) * SIDE / side  # (phase, w)
    x, y = offsets[None, :, None, :], offsets[:, None, :, None]
    cos, sin = (turn(ORIENTATIONS)[:, None, None, None, None] for turn in (np.cos, np.sin))
    scale = SCALES.reshape(-1, *[1] * 5)
    u, v = (
        (cos * x + sin * y) / scale,
        (cos * y - sin * x) / scale,
    )  # (scale, orientation, phase, phase, h, w)
    return np.stack([255 * (depth(u, v) > 0).astype(np.uint8) for depth in (in_square, in_ellipse, in_heart)])


def in_square(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Positive inside the square, zero on its edge."""
    return SQUARE_SIDE / 2 - np.maximum(abs(u), abs(v))


def in_ellipse(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Positive inside the ellipse, zero on its edge."""
    return 1 - np.hypot(2 * u / ELLIPSE_AXES[0], 2 * v / ELLIPSE_AXES[1])


def in_heart(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Positive inside the heart, zero on its edge."""
    u, v = abs(u) / HEART_SIDE, v / HEART_SIDE - HEART_CENTROID
    square = np.sqrt(0.5) - u - abs(v)
    disc = 0.5 - np.hypot(u - np.sqrt(0.125), v + np.sqrt(0.125))
    return np.maximum(square, disc)
