"""Random bits as a function of where they are drawn."""

import numpy as np

from shared.mixing_kernels import mixed


def test_a_round_is_that_of_the_published_generator() -> None:
    """The first three numbers of splitmix64 from the seed 1234567."""
    golden, seed = 0x9E3779B97F4A7C15, 1234567
    states = [np.uint64((seed + turn * golden) % 2**64) for turn in range(3)]
    assert [int(mixed(state, np.uint64(0))) for state in states] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_every_bit_of_the_value_changes_about_half_of_what_comes_out() -> None:
    whole = int(mixed(np.uint64(7), np.uint64(0)))
    turned = [bin(whole ^ int(mixed(np.uint64(7), np.uint64(1 << bit)))).count("1") for bit in range(64)]
    assert 26 < sum(turned) / 64 < 38
