"""What the pictures made here are made of: glyphs, shapes and textures, each drawn once.

An atlas holds grey values from 0 to 1, DETAIL texels per pixel of the pictures that look at it askew.
Pillow draws it in whole numbers, so that a last bit of a sine does not matter.
"""

import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

DETAIL = (
    2  # texels per pixel; side by side, one blurs thin strokes a little and four makes slanted ones jagged
)
HEIGHT = 0.62  # of a capital letter or digit, in pictures' sides
FONTS = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneral",
    "STIXGeneralBol",
)
TEXTURES = 24

Point = tuple[float, float]


def glyph_atlas(characters: str, side: int) -> np.ndarray:
    """(fonts, characters, t, t): each character in each font, in the middle."""
    from matplotlib import get_data_path

    folder = Path(get_data_path()) / "fonts" / "ttf"
    size = DETAIL * side
    rows = [
        [draw_glyph(folder / f"{font}.ttf", character, size) for character in characters] for font in FONTS
    ]
    return np.array(rows, np.float32) / 255


def draw_glyph(font_file: Path, character: str, size: int) -> Image.Image:
    """One character on a square, its ink's box in the middle."""
    font = fit_font(font_file, HEIGHT * size)
    sheet = Image.new("L", (2 * size, 2 * size))
    ImageDraw.Draw(sheet).text((size // 2, size // 2), character, fill=255, font=font)
    ink = sheet.crop(sheet.getbbox())
    image = Image.new("L", (size, size))
    image.paste(ink, ((size - ink.width) // 2, (size - ink.height) // 2))
    return image


def fit_font(font_file: Path, height: float) -> ImageFont.FreeTypeFont:
    """The font at the size at which a digit has this height."""
    _, top, _, bottom = ImageFont.truetype(font_file, 1000, layout_engine=ImageFont.Layout.BASIC).getbbox("1")
    return ImageFont.truetype(font_file, height * 1000 / (bottom - top), layout_engine=ImageFont.Layout.BASIC)


def ring_points(count: int, *radii: float) -> list[Point]:
    """Points around the middle, the first at the top, their distances taking turns among the radii."""
    turns = [2 * math.pi * index / count for index in range(count)]
    reach = [radii[index % len(radii)] for index in range(count)]
    return [(r * math.sin(turn), -r * math.cos(turn)) for r, turn in zip(reach, turns, strict=True)]


def heart_points() -> list[Point]:
    """The outline of a heart, by its common parametric form."""
    turns = [2 * math.pi * index / 60 for index in range(60)]
    across = [0.021 * 16 * math.sin(t) ** 3 for t in turns]
    up = [13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t) for t in turns]
    return [(x, -0.021 * y - 0.05) for x, y in zip(across, up, strict=True)]


CROSS = [
    *((-0.11, -0.35), (0.11, -0.35), (0.11, -0.11), (0.35, -0.11), (0.35, 0.11), (0.11, 0.11)),
    *((0.11, 0.35), (-0.11, 0.35), (-0.11, 0.11), (-0.35, 0.11), (-0.35, -0.11), (-0.11, -0.11)),
]
ARROW = [(-0.38, -0.1), (0.0, -0.1), (0.0, -0.31), (0.4, 0.0), (0.0, 0.31), (0.0, 0.1), (-0.38, 0.1)]

# Outlines, in pictures' sides from the middle: the first is filled, those after it are cut out of it.
SHAPES: dict[str, tuple[list[Point], ...]] = {
    "disc": (ring_points(60, 0.33),),
    "ring": (ring_points(60, 0.35), ring_points(60, 0.2)),
    "square": ([(-0.29, -0.29), (0.29, -0.29), (0.29, 0.29), (-0.29, 0.29)],),
    "triangle": ([(0, -0.36), (0.37, 0.29), (-0.37, 0.29)],),
    "star": (ring_points(10, 0.41, 0.17),),
    "cross": (CROSS,),
    "heart": (heart_points(),),
    "moon": (ring_points(60, 0.36), [(x + 0.19, y - 0.05) for x, y in ring_points(60, 0.31)]),
    "arrow": (ARROW,),
    "hourglass": ([(-0.29, -0.36), (0.29, -0.36), (0.04, 0.0), (0.29, 0.36), (-0.29, 0.36), (-0.04, 0.0)],),
}


def shape_atlas(side: int) -> np.ndarray:
    """(1, shapes, t, t): each shape in the middle."""
    size = DETAIL * side
    return np.array([[draw_shape(outlines, size) for outlines in SHAPES.values()]], np.float32) / 255


def draw_shape(outlines: tuple[list[Point], ...], size: int) -> Image.Image:
    """One shape on a square; drawn four times as large, then averaged, for smooth edges."""
    image = Image.new("L", (4 * size, 4 * size))
    pen = ImageDraw.Draw(image)
    for index, outline in enumerate(outlines):
        points = [((0.5 + x) * 4 * size, (0.5 + y) * 4 * size) for x, y in outline]
        pen.polygon(points, fill=255 if index == 0 else 0)
    return image.reduce(4)


def texture_atlas(side: int) -> np.ndarray:
    """(TEXTURES, 1, t, t): clouds from coarse to fine, and stripes, always the same."""
    rng = np.random.default_rng(0)
    size = DETAIL * side
    images = []
    for index in range(TEXTURES):
        cells = (4, 6, 8, 12, 16, 24)[index % 6]
        clouds = index < TEXTURES * 3 // 4
        values = rng.integers(0, 256, (cells, cells if clouds else 1), np.uint8)
        images.append(Image.fromarray(values).resize((size, size), Image.Resampling.BICUBIC))
    return np.array(images, np.float32)[:, None] / 255
