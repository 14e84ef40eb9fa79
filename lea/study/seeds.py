"""Randomness: one integer a run; every use draws from its own stream, named by its purpose."""

import hashlib


def derive(seed: int, *purpose: str | int) -> int:
    """A seed of 63 bits for one use; another purpose gives an unrelated one, and adding a use shifts no
    other.
    """
    text = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1
