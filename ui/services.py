"""What the studio stands on, gathered in one value so that tests can stand in for any of it."""

import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from db.engine import Record, record
from db.settings import record_settings
from tasks.errors import StorykinError
from tasks.providers.protocols import Store
from tasks.settings import provider_settings

LINK_LIFE = timedelta(hours=2)
_BUCKET_SECONDS = 3600  # one link an hour for one picture, so that a browser can keep it


class Submit(Protocol):
    """`flows.submit.submit_character_run`: the flow run's id; StorykinError when Prefect can't take it."""

    def __call__(self, character_id: str, styles: list[str], run_token: str) -> str:
        """Hand the run over; asking again with the same token is harmless."""
        ...


class MediaLinks:
    """Signed links into the store, the same for an hour, relative where the studio itself serves them."""

    def __init__(self, store: Store, public_origin: str, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._origin = public_origin.rstrip("/")
        self._clock = clock
        self._sign = lru_cache(maxsize=4096)(self._fresh)

    def url(self, key: str) -> str:
        """A link to `key` that works for at least an hour."""
        return self._sign(key, int(self._clock()) // _BUCKET_SECONDS)

    def _fresh(self, key: str, _hour: int) -> str:
        return self._store.presign_get(key, LINK_LIFE).removeprefix(self._origin)


@dataclass(frozen=True)
class Services:
    """Everything a handler may use."""

    record: Record
    store: Store
    links: MediaLinks
    submit: Submit
    dashboard_url: Callable[[str | None], str]
    normalise: Callable[..., Any]
    public_origin: str
    home: Path
    checks: Mapping[str, Callable[[], str]] = field(default_factory=dict)


def production_services() -> Services:
    """The services of this installation. StorykinError when its settings or its data folder are unusable."""
    store = importlib.import_module("tasks.providers.registry").store()
    origin = provider_settings().public_origin
    return Services(
        record=record(),
        store=store,
        links=MediaLinks(store, origin),
        submit=_submit,
        dashboard_url=_dashboard_url,
        normalise=_normalise,
        public_origin=origin,
        home=record_settings().home.resolve(),
        checks={
            "record": _record_migrated,
            "store": lambda: _store_answers(store),
            "weights": _weights_present,
            "prefect": _prefect_answers,
        },
    )


# The flows and the photo's eyes are imported when first asked for: they bring Prefect's client and OpenCV.
def _submit(character_id: str, styles: list[str], run_token: str) -> str:
    return str(_flows().submit_character_run(character_id, styles, run_token))


def _dashboard_url(flow_run_id: str | None) -> str:
    return str(_flows().dashboard_url(flow_run_id))


def _normalise(data: bytes, *, face: int | None = None) -> Any:
    return importlib.import_module("tasks.normalise_photo").normalise_photo(data, face=face)


def _flows() -> Any:
    return importlib.import_module("flows.submit")


def _record_migrated() -> str:
    if not importlib.import_module("db.migrate").is_current():
        raise StorykinError(
            "The database's tables are not up to date. Run `storykin up`.", code="not_migrated"
        )
    return "The database answers and its tables are up to date."


def _store_answers(store: Store) -> str:
    store.head("photos/probe.jpg")
    return f"The {store.name} store answers."


def _weights_present() -> str:
    missing = importlib.import_module("tasks.providers.local.weights").missing_weights()
    if missing:
        raise StorykinError(f"{len(missing)} model files are missing. Run `storykin models fetch`.")
    return "The local engine's models are here."


def _prefect_answers() -> str:
    if not _flows().prefect_healthy():
        raise StorykinError(
            "Prefect does not answer. Start it with `storykin up`.", code="prefect_unreachable"
        )
    return "Prefect answers."
