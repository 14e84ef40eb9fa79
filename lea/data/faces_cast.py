"""Who is shown: six characters that are told apart at a glance."""

import numpy as np

from lea.data.faces_canvas import Canvas, Colour, box, disc, oval
from lea.data.faces_drawing import EYE, Character, head

GOLD: Colour = (0.98, 0.8, 0.2)
FRAME: Colour = (0.1, 0.1, 0.14)


def _long_hair(canvas: Canvas, who: Character) -> None:
    canvas.lay(box(canvas.x, canvas.y - 0.1, 0.93, 1.08, corner=0.75), who.hair)


def _parting(canvas: Canvas, who: Character) -> None:
    skull = head(canvas, who) - 0.03
    left = oval(canvas.x + 0.5, canvas.y + 1.0, 0.75, 0.4)
    right = oval(canvas.x - 0.42, canvas.y + 1.0, 0.7, 0.42)
    canvas.lay(np.maximum(np.minimum(left, right), skull), who.hair)


def _flat_top(canvas: Canvas, who: Character) -> None:
    canvas.lay(box(canvas.x, canvas.y + 0.84, 0.78, 0.26, corner=0.08), who.hair)


def _afro(canvas: Canvas, who: Character) -> None:
    canvas.lay(disc(canvas.x, canvas.y + 0.22, 1.02), who.hair)


def _earrings(canvas: Canvas, who: Character) -> None:
    hairline = np.maximum(head(canvas, who) - 0.02, canvas.y + 0.66 + 0.15 * canvas.across)
    canvas.lay(hairline, who.hair)
    canvas.lay(disc(canvas.across - 0.76, canvas.y - 0.36, 0.11), GOLD)


def _glasses(canvas: Canvas, who: Character) -> None:
    swept = oval(canvas.x + 0.85, canvas.y + 0.95, 1.5, 0.42)
    canvas.lay(np.maximum(swept, head(canvas, who) - 0.09), who.hair)
    sides = box(canvas.across - 0.68, canvas.y + 0.42, 0.08, 0.36, corner=0.06)
    canvas.lay(sides, who.hair)
    lens = np.abs(disc(canvas.across - EYE[0], canvas.y - EYE[1], 0.285)) - 0.035
    bridge = box(canvas.x, canvas.y - EYE[1], 0.08, 0.03, corner=0.01)
    canvas.lay(np.minimum(lens, bridge), FRAME)


def _bob(canvas: Canvas, who: Character) -> None:
    canvas.lay(box(canvas.x, canvas.y + 0.08, 0.98, 0.92, corner=0.6), who.hair)


def _fringe(canvas: Canvas, who: Character) -> None:
    canvas.lay(np.maximum(head(canvas, who) - 0.05, canvas.y + 0.6), who.hair)
    canvas.lay(box(canvas.across - 0.84, canvas.y - 0.0, 0.16, 0.8, corner=0.1), who.hair)


def _beard(canvas: Canvas, who: Character) -> None:
    cheeks = np.maximum(head(canvas, who) - 0.05, 0.14 - canvas.y)
    inner = oval(canvas.x, canvas.y - 0.34, 0.55, 0.42)
    canvas.lay(np.maximum(cheeks, -inner), who.hair)
    dome = box(canvas.x, canvas.y + 0.82, 0.78, 0.34, corner=0.32)
    canvas.lay(dome, (0.16, 0.55, 0.35))
    canvas.lay(box(canvas.x, canvas.y + 0.68, 0.83, 0.09, corner=0.08), (0.1, 0.4, 0.26))


CAST = {
    "ann": Character(
        skin=(1.0, 0.84, 0.73),
        hair=(0.82, 0.3, 0.1),
        brows=(0.6, 0.2, 0.07),
        iris=(0.2, 0.55, 0.3),
        shirt=(0.2, 0.45, 0.75),
        head=(0.72, 0.86, 0.7),
        chin=0.08,
        ears=False,
        behind=_long_hair,
        before=_parting,
    ),
    "ben": Character(
        skin=(0.9, 0.68, 0.48),
        hair=(0.12, 0.1, 0.1),
        brows=(0.1, 0.08, 0.08),
        iris=(0.35, 0.2, 0.1),
        shirt=(0.85, 0.3, 0.25),
        head=(0.74, 0.84, 0.3),
        brow=0.075,
        before=_flat_top,
    ),
    "cleo": Character(
        skin=(0.5, 0.32, 0.22),
        hair=(0.13, 0.08, 0.07),
        brows=(0.08, 0.05, 0.05),
        iris=(0.25, 0.13, 0.06),
        shirt=(0.98, 0.75, 0.2),
        head=(0.72, 0.8, 0.68),
        behind=_afro,
        before=_earrings,
    ),
    "dan": Character(
        skin=(0.98, 0.8, 0.66),
        hair=(0.95, 0.78, 0.32),
        brows=(0.72, 0.5, 0.15),
        iris=(0.25, 0.5, 0.85),
        shirt=(0.35, 0.35, 0.4),
        head=(0.66, 0.9, 0.5),
        before=_glasses,
    ),
    "eve": Character(
        skin=(0.96, 0.78, 0.6),
        hair=(0.3, 0.25, 0.75),
        brows=(0.22, 0.16, 0.5),
        iris=(0.45, 0.25, 0.6),
        shirt=(0.9, 0.5, 0.7),
        head=(0.76, 0.82, 0.7),
        chin=0.22,
        ears=False,
        behind=_bob,
        before=_fringe,
    ),
    "finn": Character(
        skin=(0.97, 0.7, 0.6),
        hair=(0.72, 0.72, 0.74),
        brows=(0.58, 0.58, 0.6),
        iris=(0.3, 0.4, 0.45),
        shirt=(0.3, 0.3, 0.55),
        head=(0.78, 0.84, 0.55),
        brow=0.075,
        before=_beard,
    ),
}
