"""What of the fills log traded: a row of no lots only says that its order has ended."""

from __future__ import annotations

import numpy as np

from shared.block import Block


def executed(fills: Block) -> Block:
    """The rows in which lots changed hands; the same block if that is all of them."""
    traded = fills["quantity"] != 0
    return fills if traded.all() else fills.take(np.flatnonzero(traded))
