"""Where the gate draws its lines."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from research.scores.bootstrap import Bootstrap

Share = Annotated[float, Meta(gt=0.0, le=1.0)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scores above these are taken for leaks; docs/honesty.md says where each number comes from."""

    most_rank_ic: Share = 0.20
    most_direction_auc: Share = 0.70
    most_feature_correlation: Share = 0.50
    most_feature_auc: Share = 0.90
    most_told_apart: Share = 0.90
    told_apart_more: Share = 0.20
    clock_auc: Share = 0.999
    most_twins: Share = 0.005
    tolerance: Share = 1e-9
    same_prediction: Share = 1e-6
    sure: Share = 0.98
    errors_apart: float = 4.0
    cuts: Annotated[int, Meta(ge=1)] = 8
    served_rows: Annotated[int, Meta(ge=1)] = 16
    shuffles: Annotated[int, Meta(ge=1)] = 2
    bootstrap: Bootstrap = Bootstrap()
