"""Stop strings in what a client reads: held back until they are sure, in any cut of the text."""


class Stops:
    """Sought in one answer's visible text; `sought`: there is one to seek. `stopped` becomes true when one was found;
    nothing is released after it.

    `held` is how many characters of what came are not released: those that may begin one, and all since one began.
    """

    def __init__(self, stops: tuple[str, ...] = ()) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self.sought = bool(self._stops)
        self._waiting = ""
        self._dropped = 0
        self.stopped = False

    @property
    def held(self) -> int:
        """Characters at the end of what came that were not released."""
        return len(self._waiting) + self._dropped

    def feed(self, fresh: str) -> str:
        """The text that is now certain."""
        if self.stopped:
            self._dropped += len(fresh)
            return ""
        if not self._stops:
            return fresh
        text = self._waiting + fresh
        found = min((at for stop in self._stops if (at := text.find(stop)) >= 0), default=-1)
        if found >= 0:
            self.stopped, self._waiting, self._dropped = True, "", len(text) - found
            return text[:found]
        cut = min(self._begun(text, stop) for stop in self._stops)
        self._waiting = text[cut:]
        return text[:cut]

    def flush(self) -> str:
        """What was held, at the end of the answer: no stop string can be completed any more."""
        text, self._waiting = self._waiting, ""
        return text

    @staticmethod
    def _begun(text: str, stop: str) -> int:
        """Where `stop` may have begun in `text`; its length when nowhere."""
        at = text.find(stop[0], max(0, len(text) - len(stop) + 1))
        while at >= 0 and not stop.startswith(text[at:]):
            at = text.find(stop[0], at + 1)
        return at if at >= 0 else len(text)
