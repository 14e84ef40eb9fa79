"""A region of relief from the table of its tiles: what is there, what a model makes of it, where it lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lea.data.relief.tiles import join
from lea.data.tensors import Samples
from lea.errors import UserError
from lea.nn.encoders.encoder import Posterior
from lea.simulate.grid import Grid

BATCH = 256


@dataclass(frozen=True, slots=True)
class Region:
    """Tiles in the order of their numbers, from the north-west, and the grid that they cover."""

    tiles: Samples
    down: int  # rows of tiles
    across: int
    stride: int
    grid: Grid

    @classmethod
    def of(cls, tiles: Samples, record: Mapping[str, Any]) -> "Region":
        """From what the table's record says of it."""
        about = record.get("about") or {}
        if not {"tiles", "stride", "latitudes", "longitudes"} <= set(about):
            name = (record.get("dataset") or {}).get("name", "?")
            raise UserError(
                f"data set '{name}': its table does not say where its tiles lie; expected one of reader "
                "`relief-region`; name that under `data.others`"
            )
        (down, across), stride, side = about["tiles"], about["stride"], tiles.values.shape[1]
        rows, columns = (down - 1) * stride + side, (across - 1) * stride + side
        (north, south), (west, east) = about["latitudes"], about["longitudes"]
        degrees, wide = (north - south) / (rows - 1), (east - west) / (columns - 1)
        if abs(degrees - wide) > 1e-3 * degrees:
            raise UserError(
                f"cells of {degrees:g} degrees by {wide:g}; expected as many both ways; use another grid"
            )
        return cls(tiles, down, across, stride, Grid(south, west, rows, columns, degrees))

    @property
    def seams(self) -> Tensor:
        """(rows, columns): whether a cell lies beside one that other tiles cover."""
        found = torch.zeros(self.grid.rows, self.grid.columns, dtype=torch.bool)
        side = self.tiles.values.shape[1]
        for axis, count in ((0, self.down), (1, self.across)):
            for number in range(1, count):
                begins, ends = number * self.stride, (number - 1) * self.stride + side
                for at in (begins - 1, begins, ends - 1, ends):
                    found.select(axis, at).fill_(True)
        return found

    def relief(self) -> Tensor:
        """(rows, columns) metres, from the south."""
        return self._joined(self.tiles.values[..., 0].double())

    def made(self, model: nn.Module) -> Tensor:
        """The same as a model makes it, in float32 whatever it was trained in."""
        return self._metres([model(x) for x in self.tiles.batches(BATCH)])

    def drawn(self, model: Any, draws: int) -> Tensor:
        """(draws, rows, columns): as its decoder makes it of codes that are drawn from the encoder's."""
        posteriors: list[Posterior] = [model.encode(x) for x in self.tiles.batches(BATCH)]
        codes = [[posterior.sample() for posterior in posteriors] for _ in range(draws)]
        return torch.stack([self._metres([model.decode(z) for z in one]) for one in codes])

    def _metres(self, tiles: list[Tensor]) -> Tensor:
        low, high = self.tiles.scale
        return self._joined(low + (high - low) * torch.cat(tiles)[:, 0].double())

    def _joined(self, tiles: Tensor) -> Tensor:
        whole = join(tiles.cpu().numpy(), self.down, self.across, self.stride)
        return torch.from_numpy(np.ascontiguousarray(whole[::-1])).to(tiles.device)
