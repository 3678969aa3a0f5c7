"""This machine: its Python, its folder, its models, its clock."""

import os
import shutil
import sys
from collections.abc import Iterator

from db.database_url import is_sqlite
from db.engine import record
from db.errors import RecordError
from db.private_files import is_open_to_others
from db.repositories.clock import database_now
from db.settings import record_settings
from db.told import told
from tasks.errors import StoreError
from tasks.perception.weights import missing_weights, what_is_weaker
from tasks.providers.live_checks import clock_skew, seconds_ahead
from tasks.providers.spec import Kind
from tasks.providers.store.trust import trusting_context
from tasks.proxies import proxy_for, without_password
from tasks.settings import ProviderSettings, provider_settings
from ui.diagnosis.check_result import CheckResult, ok, problem, warning

NO_ROOM = 50 * 1024**2
LITTLE_ROOM = 1024**3  # bytes; a character is about 10 MB with its thumbnails
MOST_SKEW = 60  # seconds; signed links and webhooks are refused not far beyond
SOME_SKEW = 10


def python() -> Iterator[CheckResult]:
    """Which Python this is."""
    number = f"{sys.version_info.major}.{sys.version_info.minor}"
    yield ok("python", told("Python %(number)s runs Storykin.", number=number))


def data_folder() -> Iterator[CheckResult]:
    """Whether STORYKIN_HOME can be written to, and has room."""
    home = record_settings().home.absolute()
    if is_open_to_others(home):
        yield warning(
            "data folder",
            "Other accounts of this machine can read the data folder. Its owner closes it with chmod 700.",
        )
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        yield problem(
            "data folder", "The data folder can't be written to. Set STORYKIN_HOME to a folder that can."
        )
        return
    free = shutil.disk_usage(nearest).free
    if free < NO_ROOM:
        yield problem(
            "data folder",
            told(
                "The disk of the data folder is full (%(megabytes)s MB are free): nothing new can be kept. "
                "Make room; runs that it has stopped go on by themselves then.",
                megabytes=free // 1024**2,
            ),
        )
    elif free < LITTLE_ROOM:
        yield warning(
            "data folder",
            told(
                "Only %(megabytes)s MB are free where the data folder is: make room before it fills up.",
                megabytes=free // 1024**2,
            ),
        )
    else:
        yield ok("data folder", "The data folder can be written to, and there is room.")


def model_weights() -> Iterator[CheckResult]:
    """Whether the local engine's models are here, by their digests."""
    missing = missing_weights()
    if missing:
        yield problem(
            "model weights",
            told(
                "%(count)s model files are missing or damaged: run `storykin models fetch`.",
                count=len(missing),
            ),
        )
    else:
        yield ok("model weights", "The local engine's models are here, each with the right digest.")
    if weaker := what_is_weaker():
        yield warning("model weights", weaker)


def network() -> Iterator[CheckResult]:
    """Which proxies are in force. Nothing is asked of them here."""
    ways = {scheme: proxy_for(f"{scheme}://host.invalid") for scheme in ("http", "https")}
    used = [f"{scheme}: {without_password(way[1])} ({way[0]})" for scheme, way in ways.items() if way]
    if not used:
        yield ok("network", "No proxy is in force: hosts are asked directly.")
        return
    direct = os.environ.get("no_proxy", "")
    yield ok(
        "network",
        told(
            "Proxies are in force: %(proxies)s. Asked directly: %(direct)s.",
            proxies=", ".join(used),
            direct=direct,
        ),
    )


def clock() -> Iterator[CheckResult]:
    """Whether this machine's clock agrees with the providers', or with the database's."""
    skews = dict(_skews(provider_settings()))
    if not skews:
        yield ok("clock", "There is no other clock to compare with: everything is on this machine.")
        return
    known = {whose: skew for whose, skew in skews.items() if skew is not None}
    if not known:
        yield warning(
            "clock",
            told(
                "The clock could not be compared: no answer from %(clocks)s. Is there a network?",
                clocks=", ".join(skews),
            ),
        )
        return
    whose, skew = max(known.items(), key=lambda each: abs(each[1]))
    yield _judged(whose, skew)


def _skews(chosen: ProviderSettings) -> Iterator[tuple[str, float | None]]:
    for kind, spec in chosen.chosen():
        url = spec.setting(chosen, spec.api.get(kind, ""))
        if url:
            yield (
                (told("the store"), _skew_of_store(url))
                if kind is Kind.STORE
                else (spec.label, clock_skew(url))
            )
    try:
        if not is_sqlite(record_settings().database_url):
            with record().reading() as session:
                theirs = database_now(session)
            yield told("the database"), None if theirs is None else seconds_ahead(theirs)
    except RecordError:
        return  # told by the look at the record


def _skew_of_store(url: str) -> float | None:
    try:
        return clock_skew(url, trusting_context())
    except StoreError:
        return None  # told by the look at the store


def _judged(whose: str, skew: float) -> CheckResult:
    seconds = f"{abs(skew):.0f}"
    off = (
        told(
            "This machine's clock is %(seconds)s seconds behind that of %(whose)s",
            seconds=seconds,
            whose=whose,
        )
        if skew > 0
        else told(
            "This machine's clock is %(seconds)s seconds ahead of that of %(whose)s",
            seconds=seconds,
            whose=whose,
        )
    )
    if abs(skew) > MOST_SKEW:
        return problem(
            "clock",
            told(
                "%(off)s: signed links and webhooks will be refused. Set the clock (NTP does it by itself).",
                off=off,
            ),
        )
    if abs(skew) > SOME_SKEW:
        return warning(
            "clock", told("%(off)s. It works until a minute is reached: let NTP set the clock.", off=off)
        )
    return ok("clock", told("The clock agrees with that of %(whose)s.", whose=whose))
