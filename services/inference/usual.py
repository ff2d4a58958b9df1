"""What a model's inputs and answers looked like when it learnt: it travels in the signed manifest."""

from __future__ import annotations

import math
from typing import Annotated

import msgspec
from msgspec import Meta

MOST_BINS = 64

Edges = Annotated[tuple[float, ...], Meta(max_length=MOST_BINS)]
Shares = Annotated[tuple[float, ...], Meta(min_length=2, max_length=MOST_BINS + 2)]


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the bins of a number end, and the share of its rows in each; the last holds what is missing."""

    edges: Edges
    shares: Shares


class Usual(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number of the training rows: its shape, and the farthest that a stretch of them was from it."""

    name: str
    shape: Shape
    psi: float
    ks: float


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The usual of every feature and every answer; `moments` is how many closes a stretch had."""

    features: tuple[Usual, ...]
    answers: tuple[Usual, ...]
    moments: Annotated[int, Meta(ge=1)] = 1


def wrong_profile(profile: Profile, features: tuple[str, ...]) -> list[str]:
    """What is wrong with a profile of these features."""
    wrong = []
    if tuple(one.name for one in profile.features) != features:
        wrong.append("has a profile of other features than its own")
    for one in (*profile.features, *profile.answers):
        shape = one.shape
        if len(shape.shares) != len(shape.edges) + 2 or list(shape.edges) != sorted(set(shape.edges)):
            wrong.append(f"has a profile of {one.name} whose bins do not fit its shares")
        if not all(map(math.isfinite, (*shape.edges, *shape.shares, one.psi, one.ks))):
            wrong.append(f"has a profile of {one.name} with a number that is not finite")
    return wrong
