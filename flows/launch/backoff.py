"""How long to wait before something that ended is started again: longer each time, until it has been calm."""

CALM_SECONDS = 600.0
FIRST_SECONDS = 0.5
LONGEST_SECONDS = 60.0


class Backoff:
    """Exponential backoff of one service: from FIRST_SECONDS to LONGEST_SECONDS, reset by a calm run."""

    def __init__(self) -> None:
        self._tries = 0

    def seconds_after(self, ran: float) -> float:
        """The wait after an end, given how many seconds the part had run until then."""
        if ran >= CALM_SECONDS:
            self._tries = 0
        wait = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0**self._tries)
        self._tries = min(self._tries + 1, 16)
        return float(wait)
