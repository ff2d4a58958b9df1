"""What every test may rely on; a file of shared fixtures is named here once."""

from hypothesis import settings

pytest_plugins = [
    "tests.fixtures.left_out",
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.replays",
    "tests.fixtures.stores",
    "tests.fixtures.terminal",
]

# A busy machine is no failure: pytest's own limit on a test's time stands instead.
settings.register_profile("tapeline", deadline=None)
settings.load_profile("tapeline")
