"""Oracle: BLAKE2b of a text written by hand, values fixed for ever, the statistics of fair coins."""

import hashlib
import math

from lea.study.seeds import derive


def test_a_derived_seed_is_half_the_digest_of_seed_and_purpose() -> None:
    digest = hashlib.blake2b(b"7/order/3", digest_size=8).hexdigest()
    assert derive(7, "order", 3) == int(digest, 16) // 2


def test_derived_seeds_are_the_same_for_ever() -> None:
    assert derive(0, "order") == 5618756638689033999
    assert derive(0, "initialisation") == 1524489256608302450
    assert derive(9, "order") == 2640266786971586358


def test_seeds_and_purposes_never_meet() -> None:
    purposes = [(), ("order",), ("initialisation",), ("order", 1), ("order", "train"), ("attack", 0, "noise")]
    derived = {derive(seed, *purpose) for seed in range(5000) for purpose in purposes}
    assert len(derived) == 5000 * len(purposes)


def test_a_purpose_is_its_name_whoever_else_draws() -> None:
    before = [derive(3, purpose) for purpose in ("initialisation", "order")]
    derive(3, "a new use")
    assert [derive(3, purpose) for purpose in ("initialisation", "order")] == before


def test_derived_seeds_are_spread_over_all_63_bits() -> None:
    derived = [derive(seed, "order") for seed in range(20_000)]
    assert all(0 <= one < 2**63 for one in derived)
    for bit in range(63):
        share = sum(one >> bit & 1 for one in derived) / len(derived)
        assert abs(share - 0.5) < 5 * math.sqrt(0.25 / len(derived))


def test_neighbouring_seeds_and_purposes_share_no_bits() -> None:
    pairs = [(derive(seed, "order"), derive(seed + 1, "order")) for seed in range(2000)]
    pairs += [(derive(seed, "order"), derive(seed, "initialisation")) for seed in range(2000)]
    differing = [(one ^ other).bit_count() for one, other in pairs]
    assert abs(sum(differing) / len(differing) - 31.5) < 5 * math.sqrt(63 / 4 / len(differing))
    assert min(differing) > 8
