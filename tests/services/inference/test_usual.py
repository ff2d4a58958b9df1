"""What a profile may not say."""

import math

from services.inference.usual import Profile, Shape, Usual, wrong_profile


def one(name: str, psi: float = 0.0) -> Usual:
    return Usual(name=name, shape=Shape(edges=(0.0, 1.0), shares=(0.2, 0.3, 0.5, 0.0)), psi=psi, ks=0.0)


def test_a_profile_that_fits_is_nothing_wrong() -> None:
    assert wrong_profile(Profile(features=(one("a"),), answers=(one("p(buy)"),)), ("a",)) == []


def test_a_number_that_is_none_and_other_features_are_both_said() -> None:
    said = wrong_profile(Profile(features=(one("b", math.nan),), answers=()), ("a",))
    assert len(said) == 2 and "other features" in said[0] and "b with a number" in said[1]
