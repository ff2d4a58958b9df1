"""Identity: derived from what a row is, never drawn, so that a replay asks for the same order."""

import zlib
from typing import Final

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def partition_of(instrument: int, partitions: int) -> int:
    """Where an instrument's rows travel, on every engine and machine alike."""
    return zlib.crc32(str(instrument).encode()) % partitions


def mix(state: int, value: int) -> int:
    """One round of splitmix64 over a value; the jitted twin in services/risk must agree."""
    z = (state ^ (value & _MASK)) + _GOLDEN & _MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & _MASK
    return z ^ (z >> 31)


def derive(*parts: int) -> int:
    """A positive 63-bit id from a row's identity and configuration."""
    state = 0
    for part in parts:
        state = mix(state, part)
    return state >> 1 or 1


def text_hash(text: str) -> int:
    """A positive 63-bit id of a text, such as a configuration in canonical form."""
    import hashlib

    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1 or 1


def order_text(run: str, order_id: int) -> str:
    """The client order id as a venue or a person sees it."""
    return f"{run}-{order_id:016x}"
