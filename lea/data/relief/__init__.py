"""The relief of the Earth: global grids, tiles of them, the region of Tohoku, and terrain made here."""
