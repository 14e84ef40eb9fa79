"""Local Search: pixels whose extreme change would cost the label most are moved a little, then their
neighbours (attacks 8).
"""

import torch
from torch import Tensor

from lea.attacks.search import Attack, Search

POOL, CHUNK = 128, 1024  # pixels tried in a round; images forwarded at once


class LocalSearch(Attack):
    """foolbox 1.8.0's LocalSearchAttack."""

    FAMILY = "score"
    PROTOCOL = "source"
    LIMITS = {"r": (0, 2), "p": (0, 1e6), "d": (0, 1000), "t": (1, 128), "rounds": (1, 100_000)}

    def __init__(
        self,
        *,
        r: float = 1.5,
        p: float = 10.0,
        d: int = 5,
        t: int = 5,
        rounds: int = 150,
        seed: int = 0,
    ) -> None:
        self.r, self.p, self.d, self.t, self.rounds, self.seed = r, p, d, t, rounds, seed

    def attack(self, search: Search) -> None:
        """Rounds of trying, choosing and moving; images are shifted to [-1/2, 1/2]."""
        height, width = search.x.shape[2:]
        middle = (search.low + search.high) / 2
        generators = self.generators(search)
        count = min(int(0.1 * height * width), POOL) or 1
        rows = search.rows
        x = ((search.x - middle) / search.range).contiguous()  # moved in place, through flat views
        pools = {
            row: torch.randperm(height * width, generator=generators[row])[:count] for row in rows.tolist()
        }
        for _ in range(self.rounds):
            for row, pool in pools.items():
                pools[row] = pool[torch.randperm(len(pool), generator=generators[row])[:POOL]]
            scores = self.scores(search, rows, x, pools, middle)
            for row, score in zip(rows.tolist(), scores, strict=True):
                chosen = pools[row][score.cpu().sort(dim=0, stable=True).indices[: self.t]].to(x.device)
                flat = x[row].flatten(1)  # (c, h·w)
                moved = flat[:, chosen] * self.r
                moved = torch.where(moved < -0.5, moved + 1, torch.where(moved > 0.5, moved - 1, moved))
                flat[:, chosen] = moved
                pools[row] = around(chosen.cpu(), self.d, height, width)
            _, wrong = search.query(rows, x[rows] * search.range + middle)
            for row in rows[wrong].tolist():
                del pools[row]
            rows = rows[~wrong]
            if not len(rows):
                return

    def scores(
        self, search: Search, rows: Tensor, x: Tensor, pools: dict[int, Tensor], middle: float
    ) -> list[Tensor]:
        """The label's probability for each pixel of a row's pool, pushed far out of bounds."""
        places = [(row, place) for row in rows.tolist() for place in pools[row].tolist()]
        found = []
        for start in range(0, len(places), CHUNK):
            part = torch.tensor(places[start : start + CHUNK], device=x.device)
            images = x[part[:, 0]].flatten(2)  # (n, c, h·w), a copy
            where = part[:, 1, None, None].expand(-1, images.shape[1], 1)
            images.scatter_(2, where, self.p * images.gather(2, where).sign())
            with torch.no_grad():
                logits = search.model((images * search.range + middle).view(-1, *x.shape[1:]))
            found.append(logits.softmax(1).gather(1, search.labels[part[:, 0], None])[:, 0])
        search.queries[rows] += torch.tensor([len(pools[row]) for row in rows.tolist()], device=rows.device)
        return list(torch.cat(found).split([len(pools[row]) for row in rows.tolist()]))


def around(places: Tensor, d: int, height: int, width: int) -> Tensor:
    """The pixels of the squares of side 2 d + 1 around these, inside the image, each once."""
    steps = torch.arange(-d, d + 1)
    down = (places // width)[:, None, None] + steps[:, None]
    right = (places % width)[:, None, None] + steps
    inside = (down >= 0) & (down < height) & (right >= 0) & (right < width)
    return (down * width + right)[inside.expand(-1, len(steps), len(steps))].unique()
