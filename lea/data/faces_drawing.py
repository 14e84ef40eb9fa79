"""Cartoon faces drawn here: enters who is shown and what each face does, leaves its colours.

Sec. 3.5 names FERG, whose characters are six and whose expressions are seven; these are others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lea.data.faces_canvas import Canvas, Colour, Value, box, disc, oval, stroke

Face = Mapping[str, Value]  # what a face does: each (n, 1, 1)

WHITE: Colour = (0.99, 0.99, 0.97)
INK: Colour = (0.12, 0.09, 0.1)
MOUTH: Colour = (0.38, 0.06, 0.1)
TONGUE: Colour = (0.95, 0.45, 0.48)
WATER: Colour = (0.4, 0.74, 1.0)
RED: Colour = (0.92, 0.2, 0.16)
PALE: Colour = (0.72, 0.82, 0.98)
GREEN: Colour = (0.5, 0.72, 0.25)
EYE = (0.33, -0.02)  # where it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """What somebody looks like."""

    skin: Colour
    hair: Colour
    brows: Colour
    iris: Colour
    shirt: Colour
    head: tuple[float, float, float]  # half width, half height, corner
    chin: float = 0.0  # how much narrower than the forehead
    brow: float = 0.055  # half a brow's thickness
    ears: bool = True
    behind: Callable[[Canvas, "Character"], None] | None = None
    before: Callable[[Canvas, "Character"], None] | None = None


def draw_face(canvas: Canvas, who: Character, face: Face) -> None:
    """All of a face, from what is behind to what is before."""
    if who.behind:
        who.behind(canvas, who)
    canvas.lay(box(canvas.x, canvas.y - 0.9, 0.24, 0.4, corner=0.1), dim(who.skin, 0.8))
    canvas.lay(oval(canvas.x, canvas.y - 1.42, 0.95, 0.5), who.shirt)
    if who.ears:
        canvas.lay(disc(canvas.across - who.head[0], canvas.y - 0.08, 0.16), dim(who.skin, 0.9))
    skull = head(canvas, who)
    canvas.lay(skull, who.skin)
    canvas.glow(skull, GREEN, face["green"], 0.35)
    canvas.glow(np.maximum(skull, canvas.y - 0.25), PALE, face["pale"], 0.25)
    canvas.glow(np.maximum(skull, canvas.y + 0.1), RED, face["red"], 0.3)
    _cheeks(canvas.window(0.73, 0.04, 0.56), face)
    _mouth(canvas.window(0.65, 0.15, 1.1), face)
    _nose(canvas.window(0.15, -0.12, 0.3), who, face)
    _eyes(canvas.window(0.6, -0.32, 0.3), who, face)
    if who.before:
        who.before(canvas, who)
    _brows(canvas.window(0.65, -1.0, 0.2), who, face)
    _tears(canvas.window(0.6, 0.15, 0.65), face)
    _sweat(canvas.window(0.75, -0.55, -0.05), face)


def head(canvas: Canvas, who: Character) -> np.ndarray:
    """To the edge of a head."""
    wide, high, corner = who.head
    return box(canvas.x / (1 - who.chin * canvas.y), canvas.y - 0.04, wide, high, corner=corner)


def dim(colour: Colour, factor: float) -> Colour:
    """A darker one."""
    red, green, blue = colour
    return red * factor, green * factor, blue * factor


def _cheeks(canvas: Canvas, face: Face) -> None:
    canvas.glow(disc(canvas.across - 0.47, canvas.y - 0.3, 0.26), RED, face["blush"], 0.26)


def _mouth(canvas: Canvas, face: Face) -> None:
    half = face["width"]
    u = np.clip(canvas.x / half, -1, 1)
    roundness = face["round"]
    profile = (1 - u * u) * (1 - roundness) + np.sqrt(np.maximum(1 - u * u, 0)) * roundness
    middle = canvas.y - 0.51 - face["skew"] * u - face["wave"] * u * (1 - u * u) * 2.6
    curve, gape = face["curve"], face["gape"]
    top = (curve - gape * 0.45) * profile - curve * 0.5
    low = (curve + gape * 0.55) * profile - curve * 0.5
    steep = 2 * (np.abs(curve) + gape * 0.5) * u / half
    gap = np.maximum(top - middle, middle - low) / np.sqrt(1 + steep * steep)
    beyond = np.abs(canvas.x) - half
    within = np.maximum(gap, beyond)
    line = np.sqrt(np.maximum(gap, 0) ** 2 + np.maximum(beyond, 0) ** 2) + np.minimum(within, 0)
    canvas.lay(line - 0.05, INK)
    canvas.lay(within, MOUTH)
    tongue = oval(canvas.x, middle - low - 0.02, half * 0.6, gape * 0.4 + 0.02)
    canvas.lay(np.maximum(within, tongue), TONGUE)
    canvas.lay(np.maximum(within, middle - top - face["teeth"]), WHITE)
    out = face["tongue"]
    lolling = box(canvas.x - 0.05, middle - low - out * 0.5, 0.13, out * 0.5 + 0.06, corner=0.1)
    canvas.lay(lolling - 0.035, INK, np.minimum(out * 8, 1))
    canvas.lay(lolling, TONGUE, np.minimum(out * 8, 1))


def _nose(canvas: Canvas, who: Character, face: Face) -> None:
    canvas.lay(oval(canvas.x, canvas.y - 0.2, 0.11, 0.085), dim(who.skin, 0.76))
    canvas.lay(oval(canvas.x + 0.01, canvas.y - 0.175, 0.09, 0.065), dim(who.skin, 0.9))
    for height in (-0.03, 0.06):
        crease = stroke(canvas.x, canvas.y - height, 0.1, slope=0, bend=0.03, thick=0.022)
        canvas.lay(crease, dim(who.skin, 0.6), face["crease"])


def _eyes(canvas: Canvas, who: Character, face: Face) -> None:
    x, y = canvas.across - EYE[0], canvas.y - EYE[1]
    lid = 0.24 * (1 - 2 * face["lids"]) - face["lid_slant"] * x  # above it the upper lid lies
    low = 0.24 - face["squint"] + 0.6 * x * x  # below it the lower one
    ball = oval(x, y, 0.19, 0.24)
    opened = np.maximum(ball, np.maximum(lid - y, y - low))
    canvas.lay(ball, dim(who.skin, 0.84))
    canvas.lay(opened - 0.03, INK)
    canvas.lay(opened, WHITE)
    pupil = x + canvas.hand * face["gaze"], y - 0.02
    canvas.lay(np.maximum(disc(*pupil, face["pupil"]), opened), who.iris)
    canvas.lay(np.maximum(disc(*pupil, face["pupil"] * 0.6), opened), INK)
    canvas.lay(
        np.maximum(disc(canvas.x - canvas.hand * EYE[0] + face["gaze"] + 0.045, y + 0.035, 0.04), opened),
        WHITE,
    )


def _brows(canvas: Canvas, who: Character, face: Face) -> None:
    y = canvas.y - EYE[1] + 0.35 + face["brow"] + canvas.hand * face["cock"]
    line = stroke(canvas.across - EYE[0], y, 0.2, slope=face["slant"], bend=face["arch"], thick=who.brow)
    canvas.lay(line, who.brows)


def _tears(canvas: Canvas, face: Face) -> None:
    _drop(canvas, canvas.across - 0.43, canvas.y - 0.38, face["tear"])


def _sweat(canvas: Canvas, face: Face) -> None:
    _drop(canvas, canvas.x - 0.6, canvas.y + 0.3, face["sweat"])


def _drop(canvas: Canvas, x: np.ndarray, y: np.ndarray, amount: Value) -> None:
    """Round below and pointed above, small if there is little of it."""
    pointed = 0.55 + 0.45 * np.clip(y / 0.16, -1, 1)
    drop = oval(x / pointed, y, 0.085, 0.16) - 0.03 + 0.19 * (1 - amount)
    canvas.lay(drop, WATER, np.minimum(amount * 2, 1))
