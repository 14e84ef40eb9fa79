"""200 photographs of 25 x 25 pixels, half of them faces: scikit-image's part of Labeled Faces in the Wild.

Huang et al. (2007), as scikit-image 0.17 has it. It is not shipped, since nothing says which licence the
photographs have. The file holds grey values from 0 to 1, the faces first; of each half a fixed random quarter
is the test, and rows are by turns a face and none.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib.format import read_array

from lea.data.arrays import Arrays, Split, fixed_order
from lea.data.downloads import download, missing_files
from lea.data.originals import check_digest, read_content
from lea.errors import UserError
from lea.study.spec import Source

ADDRESS = "https://github.com/scikit-image/scikit-image/raw/v0.17.x/skimage/data/lfw_subset.npy"
MD5 = "9ceb864b0352b4747a8c8d465f9b3e35"  # of the file with the digest below: downloads are checked by this
HALF = 100  # of the pictures


class LFWSubset:
    """Faces, and pieces of the same photographs' grounds."""

    TITLE = "LFW subset"
    SOURCES = ("original",)
    SHAPE = (25, 25, 1)
    SIZES = {"train": 150, "test": 50}
    FACTORS = {"label": 2}
    FILES = ("lfw_subset.npy",)
    DIGEST = "9560ec2f5edfac01973f63a8a99d00053fecd11e21877e18038fbe500f8e872c"  # SHA-256, scikit-image's

    def names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """What they show."""
        return {"label": ("face", "no face")}

    def fetch(self, folder: Path) -> None:
        """Download the file if it is not there."""
        for file in missing_files(folder, self.FILES):
            download(folder / file, [ADDRESS], MD5)

    def original(self, folder: Path, split: Split, count: int | None) -> Arrays:
        """The first `count` (None: all) pictures of a split."""
        size = self.SIZES[split]
        if count is not None and count > size:
            raise UserError(
                f"lfw-subset: {count} pictures for {split}; expected at most {size}; ask for fewer"
            )
        values = read_subset(folder / self.FILES[0], self.DIGEST)
        order = fixed_order(HALF, "lfw-subset")
        first = order[: self.SIZES["train"] // 2] if split == "train" else order[self.SIZES["train"] // 2 :]
        rows = np.stack([first, first + HALF], 1).ravel()[:count]
        return Arrays(values[rows], {"label": (rows // HALF).astype(np.int32)})


def read_subset(path: Path, digest: str) -> np.ndarray:
    """(200, 25, 25, 1) bytes, of a file whose content is the published one."""
    content = read_content(path)
    check_digest(path, digest, "SHA256")
    values = read_array(BytesIO(content), allow_pickle=False)
    return np.rint(values * 255).astype(np.uint8)[..., None]
