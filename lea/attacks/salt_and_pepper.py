"""Salt and Pepper Noise: pixels set to either bound, ever more until it suffices, ten times (attacks 13)."""

import torch

from lea.attacks.search import Attack, Search, drawn


class SaltAndPepper(Attack):
    """foolbox 1.8.0's SaltAndPepperNoiseAttack: passes go up to 1.2 times the last share that sufficed."""

    FAMILY = "decision"
    PROTOCOL = "source"
    LIMITS = {"steps": (1, 100_000), "passes": (1, 1000)}

    def __init__(self, *, steps: int = 100, passes: int = 10, seed: int = 0) -> None:
        self.steps, self.passes, self.seed = steps, passes, seed

    def attack(self, search: Search) -> None:
        """Passes of growing shares; images that are no closer are not asked about."""
        generators = self.generators(search)
        steps = min(self.steps, search.x.shape[2] * search.x.shape[3])
        cap = torch.ones(len(search.x), dtype=torch.float64, device=search.x.device)
        for _ in range(self.passes):
            rows = search.rows
            for step in range(1, steps + 1):
                share = (cap[rows] * step / steps).to(search.x.dtype).view(-1, 1, 1, 1)
                u = drawn(generators, rows, (1, *search.x.shape[2:])).to(search.x.dtype)
                grains = (u >= 1 - share / 2).to(search.x.dtype) - (u < share / 2).to(search.x.dtype)
                images = search.clip(search.x[rows] + search.range * grains)
                asked = search.distances(rows, images) < search.distance[rows]
                wrong = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
                if asked.any():
                    _, wrong[asked] = search.query(rows[asked], images[asked])
                cap[rows[wrong]] = 1.2 * share[wrong].double().flatten()
                rows = rows[~wrong]
                if not len(rows):
                    break
