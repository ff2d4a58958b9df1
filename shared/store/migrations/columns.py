"""The kinds of column that migrations use; none of them may be empty."""

from decimal import Decimal

import sqlalchemy as sa


def integer(name: str) -> sa.Column[int]:
    """Four bytes."""
    return sa.Column(name, sa.Integer(), nullable=False)


def big(name: str) -> sa.Column[int]:
    """Eight bytes."""
    return sa.Column(name, sa.BigInteger(), nullable=False)


def small(name: str) -> sa.Column[int]:
    """Two bytes."""
    return sa.Column(name, sa.SmallInteger(), nullable=False)


def double(name: str) -> sa.Column[float]:
    """A float of eight bytes."""
    return sa.Column(name, sa.Double(), nullable=False)


def text(name: str) -> sa.Column[str]:
    """Text of any length."""
    return sa.Column(name, sa.Text(), nullable=False)


def binary(name: str) -> sa.Column[bytes]:
    """Raw bytes."""
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def money(name: str) -> sa.Column[Decimal]:
    """An exact amount with six decimals."""
    return sa.Column(name, sa.Numeric(26, 6), nullable=False)
