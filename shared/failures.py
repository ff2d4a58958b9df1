"""The three kinds of failure; anything else is a bug of ours and ends the process."""


class BadInput(Exception):
    """Hopeless input: it goes to quarantine or to the dead letters, and is counted."""


class Unavailable(Exception):
    """The world is down: the edge waits and tries again, within a limit."""


class Refused(Exception):
    """A user's mistake: one line that says what was found, what was wanted, and the mend."""


class Fenced(Exception):
    """Somebody else now holds our lease: stop at once and write nothing more."""


class Wiped(Exception):
    """The bus lost its streams: stop, so that the line is rebuilt from disk and Postgres."""


class Corrupt(Exception):
    """A log contradicts itself (a gap, or other bytes under a known number): stop, never skip."""
