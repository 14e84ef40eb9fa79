"""Oracle: where layers of different networks belong, by hand."""

import pytest

from lea.figures.probed import aligned

CLASSIC = ["input", "conv1", "pool1", "conv2", "pool2", "hidden", "out"]
CNN_LEA = ["input", "conv1", "lea1", "conv2", "lea2", "hidden", "out"]
PLACES = {
    "the same": ((CLASSIC, CLASSIC), [[one, one] for one in CLASSIC]),
    "a LEA for a pool": ((CLASSIC, CNN_LEA), [list(pair) for pair in zip(CLASSIC, CNN_LEA, strict=True)]),
    "one more": (
        (["input", "hidden", "out"], ["input", "lea", "hidden", "out"]),
        [["input", "input"], ["", "lea"], ["hidden", "hidden"], ["out", "out"]],
    ),
    "one less": (
        (["input", "lea", "hidden", "out"], ["input", "hidden", "out"]),
        [["input", "input"], ["lea", ""], ["hidden", "hidden"], ["out", "out"]],
    ),
    "several in one's place": (
        (["in", "a", "out"], ["in", "b", "c", "out", "d"]),
        [["in", "in"], ["a", "b"], ["", "c"], ["out", "out"], ["", "d"]],
    ),
    "another order": ((["a", "b"], ["b", "a"]), [["a", ""], ["b", "b"], ["", "a"]]),
    "nothing in common": ((["a"], ["b", "c"], ["c", "d"]), [["a", "b", ""], ["", "c", "c"], ["", "", "d"]]),
}


@pytest.mark.parametrize("name", PLACES)
def test_each_layer_has_the_place_that_its_name_and_its_neighbours_say(name: str):
    networks, expected = PLACES[name]
    found = [[layers.get(number, "") for number in range(len(networks))] for layers in aligned(networks)]
    assert found == expected
