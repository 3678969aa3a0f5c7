"""The studio's dependencies, gathered in one value so that tests can replace any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from db.engine import Record
from db.record_state import require_current
from db.settings import record_settings
from db.told import told
from flows.cancel_run import CancelInPrefect
from flows.hand_over import HandOver
from flows.request_run import AskedRun, submit_run
from flows.served import check_deployments, check_queues
from flows.submit import cancel_character_run, check_prefect, dashboard_way_in, submit_character_run
from tasks.errors import StorykinError
from tasks.intake.checked_photos import CheckedPhotos
from tasks.intake.normalize import NormalizedPhoto, normalize_photo
from tasks.perception.weights.installed import missing_weights
from tasks.providers.protocols import Store
from tasks.providers.registry import signing_secret
from tasks.runtime import Runtime, current_runtime
from tasks.settings import provider_settings
from ui.links import MediaLinks


class Submit(Protocol):
    """`flows.submit.submit_character_run`: the flow run's id; StorykinError when Prefect can't take it."""

    def __call__(
        self, character_id: str, styles: list[str], run_token: str, *, another: bool = False, **chosen: str
    ) -> str:
        """Hand the run over; asking again with the same token is harmless."""
        ...


class Normalize(Protocol):
    """`tasks.intake.normalize.normalize_photo`; PhotoRefused when the photo can't be used."""

    def __call__(self, data: bytes, *, face: int | str | None = None) -> NormalizedPhoto:
        """A photo we can work from; `face` says who is meant: a choice, or a number from the left."""
        ...


@dataclass(frozen=True)
class StudioServices:
    """Everything a handler may use; built once by `production_services` and passed down."""

    runtime: Runtime
    links: MediaLinks
    submit: Submit
    cancel: CancelInPrefect
    dashboard_url: Callable[[str, bool], str]  # to a page of Prefect's, for the owner or someone else
    normalize: Normalize
    public_origin: str
    home: Path
    checks: Mapping[str, Callable[[], str]] = field(default_factory=dict)
    checked_photos: CheckedPhotos = field(default_factory=CheckedPhotos)
    # Submits a run that is on record, by `submit`: at once, or in the background where Prefect may hang.
    hand_over: Callable[[Runtime, str, Submit], AskedRun] = submit_run

    @property
    def record(self) -> Record:
        """The record of `runtime`."""
        return self.runtime.record

    @property
    def store(self) -> Store:
        """The store of `runtime`."""
        return self.runtime.store


def production_services() -> StudioServices:
    """The services of this installation. StorykinError when its settings or its data folder are unusable."""
    runtime = current_runtime()
    origin = provider_settings().public_origin
    home = record_settings().home.resolve()
    return StudioServices(
        runtime=runtime,
        links=MediaLinks(runtime.store, origin, signing_secret(home)),
        submit=submit_character_run,
        cancel=cancel_character_run,
        dashboard_url=dashboard_way_in,
        normalize=normalize_photo,
        public_origin=origin,
        home=home,
        hand_over=HandOver(),
        checks={
            "record": _record_migrated,
            "store": lambda: _store_answers(runtime.store),
            "weights": _weights_present,
            "prefect": _prefect_answers,
            "deployments": check_deployments,
            "queues": check_queues,
        },
    )


def _record_migrated() -> str:
    require_current()
    return "The database answers and its tables are up to date."


def _store_answers(store: Store) -> str:
    store.head("photos/probe.jpg")
    return f"The {store.name} store answers."


def _weights_present() -> str:
    missing = missing_weights()
    if missing:
        raise StorykinError(
            told("%(missing)s model files are missing. Run `storykin models fetch`.", missing=len(missing))
        )
    return "The local engine's models are here."


def _prefect_answers() -> str:
    check_prefect()
    return "Prefect answers."
