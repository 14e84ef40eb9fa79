"""Where faces are drawn: pictures in three colours, on which parts are laid one behind the other.

Places are in half heads from the middle of the face, x to the right and y down, before the head is turned and
moved. What lies within a part has a negative distance to its edge, and a pixel is covered by as much of it as
the edge leaves. Only what IEEE 754 fixes to the last bit is used, as in `drawing`.
"""

import numpy as np

Value = float | np.ndarray  # of all pictures, or (n, 1, 1) of each
Colour = tuple[Value, Value, Value]  # red, green, blue from 0 to 1

REACH = 1.12  # half a picture's side, in half heads
SHADE = 0.35  # how much brighter the lit side is, and darker the other
LEAST = np.float32(1e-6)


class Canvas:
    """Pictures, and where each pixel's middle lies in its face."""

    def __init__(self, x: np.ndarray, y: np.ndarray, planes: list[np.ndarray], sharp: float) -> None:
        self.x, self.y, self.planes = x, y, planes  # (n, h, w) each
        self.across = np.abs(x)  # from the middle: of what is there twice, both are laid at once
        self.hand = np.where(x < 0, np.float32(-1), np.float32(1))
        self.sharp = sharp  # pixels to a half head

    def window(self, wide: float, top: float, bottom: float) -> "Canvas":
        """The part of the pictures in which, of each, all lies that is so far from the middle at most and
        between these heights: most of a face is drawn on few of its pixels.
        """
        edge = 1 / self.sharp
        shown = (self.across < wide + edge) & (self.y > top - edge) & (self.y < bottom + edge)
        rows, columns = (np.flatnonzero(shown.any((0, axis))) for axis in (2, 1))
        part = np.s_[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return Canvas(self.x[part], self.y[part], [plane[part] for plane in self.planes], self.sharp)

    def lay(self, distance: np.ndarray, colour: Colour, strength: Value = 1.0) -> None:
        """Cover what lies within, smoothly over a pixel."""
        self._cover(np.clip(0.5 - distance * self.sharp, 0, 1) * strength, colour)

    def glow(self, distance: np.ndarray, colour: Colour, strength: Value, soft: float) -> None:
        """Cover what lies within, ever less towards its edge."""
        self._cover(np.clip(-distance / soft, 0, 1) * strength, colour)

    def _cover(self, cover: np.ndarray, colour: Colour) -> None:
        for plane, shade in zip(self.planes, colour, strict=True):
            plane += cover * (shade - plane)

    def bytes(self, light: np.ndarray) -> np.ndarray:
        """(n, side, side, 3): lit from the left (-1) to the right (1)."""
        shade = 1 + SHADE * light * np.clip(self.x, -1, 1)
        return np.stack([np.clip(plane * shade, 0, 1) * 255 + 0.5 for plane in self.planes], -1).astype(
            np.uint8
        )


def canvas(x: np.ndarray, y: np.ndarray, ground: Colour) -> Canvas:
    """A ground (n, side, side) on which nothing lies yet."""
    return Canvas(x, y, [np.zeros_like(x) + shade for shade in ground], x.shape[-1] / (2 * REACH))


def disc(x: np.ndarray, y: np.ndarray, radius: Value) -> np.ndarray:
    """To a circle around 0."""
    return np.sqrt(x * x + y * y) - radius


def oval(x: np.ndarray, y: np.ndarray, wide: Value, high: Value) -> np.ndarray:
    """To an ellipse around 0 of these half axes, to first order."""
    u, v = x / wide, y / high
    length = np.sqrt(u * u + v * v)
    p, q = u / wide, v / high
    return length * (length - 1) / (np.sqrt(p * p + q * q) + LEAST)


def box(x: np.ndarray, y: np.ndarray, wide: Value, high: Value, *, corner: Value) -> np.ndarray:
    """To a rectangle around 0 of these half sides, with round corners."""
    p, q = np.abs(x) - (wide - corner), np.abs(y) - (high - corner)
    outside = np.sqrt(np.maximum(p, 0) ** 2 + np.maximum(q, 0) ** 2)
    return outside + np.minimum(np.maximum(p, q), 0) - corner


def stroke(
    x: np.ndarray, y: np.ndarray, half: Value, *, slope: Value, bend: Value, thick: Value
) -> np.ndarray:
    """To a line from -half to half with round ends: `slope` it falls to the right, `bend` its middle is
    higher than its ends.
    """
    u = np.clip(x / half, -1, 1)
    steep = (slope + 2 * bend * u) / half
    below = y - slope * u - bend * (u * u - 1)
    beyond = x - u * half
    return np.sqrt(beyond * beyond + below * below / (1 + steep * steep)) - thick
