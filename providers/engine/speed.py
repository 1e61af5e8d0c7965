"""How fast the engine is, measured as it works: what a caller is told to wait."""

SMOOTHING = 0.2
"""Weight of the newest measurement in the running means."""
INTERVAL = 0.25
"""Seconds over which tokens are counted into one measurement."""


class Speed:
    """Running means of tokens per second (all conversations together) and of seconds per answer."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._since: float | None = None
        self._tokens = 0
        self._seconds_per_answer: float | None = None
        self.tokens_per_second = 0.0

    def count(self, tokens: int, now: float, busy: bool) -> None:
        """A step at `now` made this many tokens; idle time is not counted."""
        if self._since is None:
            self._since, self._tokens = now, 0
            return
        self._tokens += tokens
        passed = now - self._since
        if passed >= INTERVAL:
            fresh = self._tokens / passed
            self.tokens_per_second = _mean(self.tokens_per_second or fresh, fresh)
            self._since, self._tokens = now, 0
        if not busy:
            self._since = None

    def answered(self, seconds: float) -> None:
        """A conversation held its slot for this long."""
        known = self._seconds_per_answer
        self._seconds_per_answer = seconds if known is None else _mean(known, seconds)

    def wait(self, waiting: int) -> float:
        """Seconds until a request that came now would get a slot, all slots being taken."""
        return (1.0 if self._seconds_per_answer is None else self._seconds_per_answer) * (waiting + 1) / self._slots

    def retry_after(self, waiting: int) -> float:
        """The same for a caller who must come again: whole seconds, 1 to 60."""
        return float(min(60, max(1, -(-self.wait(waiting) // 1))))


def _mean(known: float, fresh: float) -> float:
    return known + SMOOTHING * (fresh - known)
