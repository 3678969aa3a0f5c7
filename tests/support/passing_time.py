"""Time that passes for a store and its record alike: what is in the store grows older."""

from datetime import timedelta

import pytest

from db.ids import utc_now
from db.repositories import clock
from tasks.providers.protocols import Store


def pass_time(store: Store, monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    """By the store's clock, and by the record's that never jumps, it is so much later from now on."""
    monkeypatch.setattr(store, "now", lambda: utc_now() + time)
    monkeypatch.setattr(clock, "steady", lambda _session: utc_now() + time)
