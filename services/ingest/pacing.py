"""When a moment of the tape is due on the wall: one pair of moments tells it, so that no error adds up."""

from __future__ import annotations

from fractions import Fraction

from shared.time import END_OF_TAPE


class Pace:
    """A schedule: so many nanoseconds of the tape a nanosecond of the wall; it can stop, go on and step."""

    def __init__(self, speed: float) -> None:
        if speed <= 0:
            raise ValueError(f"a speed of {speed}: wanted more than 0")
        self._ratio = Fraction(speed).limit_denominator(1_000_000)
        self._wall_ns = self._tape_ns = 0
        self._started = False
        self._paused_ns: int | None = None
        self._granted = 0

    @property
    def is_paused(self) -> bool:
        """Whether the tape stands still."""
        return self._paused_ns is not None

    def start(self, wall_ns: int, tape_ns: int) -> None:
        """Lets this moment of the tape be now; only the first call counts."""
        if not self._started:
            self._wall_ns, self._tape_ns, self._started = wall_ns, tape_ns, True

    def due_ns(self, tape_ns: int) -> int:
        """When, on the wall, a moment of the tape has come; the end of the tape waits for nobody."""
        if tape_ns >= END_OF_TAPE - 1:
            return self._wall_ns
        ahead = (tape_ns - self._tape_ns) * self._ratio.denominator
        return self._wall_ns + -(-ahead // self._ratio.numerator)

    def tape_ns(self, wall_ns: int) -> int:
        """The moment of the tape that has come by now."""
        if self._paused_ns is not None:
            wall_ns = self._paused_ns
        return self._tape_ns + (wall_ns - self._wall_ns) * self._ratio.numerator // self._ratio.denominator

    def may_pass(self, tape_ns: int, wall_ns: int) -> bool:
        """Whether what ends at this moment of the tape may go; a granted step goes at once."""
        self.start(wall_ns, tape_ns)
        if self._paused_ns is None:
            return wall_ns >= self.due_ns(tape_ns)
        if not self._granted:
            return False
        self._granted -= 1
        self._wall_ns, self._tape_ns = self._paused_ns, min(tape_ns, END_OF_TAPE - 1)
        return True

    def pause(self, wall_ns: int) -> None:
        """Stops the tape."""
        if self._paused_ns is None:
            self._paused_ns = wall_ns

    def resume(self, wall_ns: int) -> None:
        """Goes on where the tape stopped, as if no time had passed."""
        if self._paused_ns is not None:
            self._wall_ns += wall_ns - self._paused_ns
            self._paused_ns, self._granted = None, 0

    def step(self, wall_ns: int, blocks: int = 1) -> None:
        """Lets so many blocks go, and stops."""
        self.pause(wall_ns)
        self._granted += blocks

    def change(self, speed: float, wall_ns: int) -> None:
        """Another speed from now on."""
        if speed <= 0:
            return
        now = self.tape_ns(wall_ns)
        self._wall_ns = wall_ns if self._paused_ns is None else self._paused_ns
        self._tape_ns = now
        self._ratio = Fraction(speed).limit_denominator(1_000_000)
