"""The broker and the packages that every test of this engine needs."""

from tests.fixtures.kafka import broker, faust_path

__all__ = ["broker", "faust_path"]
