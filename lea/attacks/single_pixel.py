"""Single Pixel: one pixel after another is set to the lower bound, then to the upper (attacks 7)."""

import torch

from lea.attacks.search import Attack, Search

CHUNK = 1024  # images forwarded at once; only what comes before a hit counts


class SinglePixel(Attack):
    """foolbox 1.8.0's SinglePixelAttack: all channels of at most 1,000 random pixels."""

    FAMILY = "score"
    PROTOCOL = "source"
    LIMITS = {"most": (1, 1_000_000_000)}

    def __init__(self, *, most: int = 1000, seed: int = 0) -> None:
        self.most, self.seed = most, seed

    def attack(self, search: Search) -> None:
        """Try pixels until one suffices."""
        height, width = search.x.shape[2:]
        orders = [
            torch.randperm(height * width, generator=one)[: self.most] for one in self.generators(search)
        ]
        order = torch.stack(orders).to(search.x.device)
        rows = search.rows
        start = 0
        while start < order.shape[1] and len(rows):
            pixels = max(1, CHUNK // (2 * len(rows)))
            places = order[rows, start : start + pixels]  # (rows, pixels)
            start += pixels
            tries = search.x[rows, None, None].expand(-1, places.shape[1], 2, *search.x.shape[1:]).clone()
            flat = tries.flatten(4)  # (rows, pixels, 2, c, h·w)
            where = places[:, :, None, None, None].expand(-1, -1, 1, flat.shape[3], 1)
            for index, value in enumerate((search.low, search.high)):
                flat[:, :, index : index + 1].scatter_(4, where, value)
            images = flat.view_as(tries).flatten(1, 2)  # (rows, tries, c, h, w)
            with torch.no_grad():
                logits = search.model(images.flatten(0, 1)).unflatten(0, images.shape[:2])
            wrong = logits.argmax(2) != search.labels[rows, None]
            hit = wrong.any(1)
            first = torch.where(hit, wrong.int().argmax(1), images.shape[1] - 1)
            search.queries[rows] += first  # those before the one that is judged here
            here = torch.arange(len(rows), device=rows.device)
            search.judge(rows, images[here, first], logits[here, first])
            rows = rows[~hit]
