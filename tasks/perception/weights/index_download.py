"""One published package into a folder, over HTTP from the index: for what pip can't or must not fetch."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import httpx2
from unearth import Link, Package, PackageFinder, TargetPython
from unearth.errors import HashMismatchError, UnpackError
from unearth.fetchers import Fetcher, PyPIClient

from tasks.perception.weights.download_errors import disk_full, other_bytes, unreachable
from tasks.perception.weights.index_settings import IndexSettings, index_settings
from tasks.perception.weights.manifest import Distribution

SECONDS = 60.0  # for a sign of life from the index


def download(source: Distribution, workplace: Path, arrived: Callable[[int], None]) -> Path:
    """The file, in `workplace`, an empty folder of the caller's. `arrived` hears the bytes so far.

    Raises `StorykinError`: `models_unreachable`, `weights_mismatch`, `disk_full`.
    """
    settings = index_settings()

    def heard(link: Link, completed: int, total: int | None) -> None:
        arrived(min(source.size, completed))

    try:
        with _client(settings) as client:
            finder = _finder(settings, client)
            found = _published(finder, source)
            return finder.download(found.link, workplace, {"sha256": [source.sha256]}, heard)
    except HashMismatchError:
        raise other_bytes(source) from None
    except (httpx2.HTTPError, UnpackError, ssl.SSLError, ValueError):
        raise unreachable(source) from None
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise disk_full() from None
        raise unreachable(source) from None


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
    """A finder of any build of a package: it is opened, never installed.

    Its sources are in the order of asking: the nearest ones first.
    """
    finder = PackageFinder(
        cast("Fetcher", client),  # its own client, which its own protocol words otherwise
        index_urls=settings.index_urls,  # without any: the public one
        trusted_hosts=settings.trusted_hosts,
        target_python=TargetPython((3, 11)),
        ignore_compatibility=True,
    )
    indexes = [] if settings.no_index else list(finder.sources)
    finder.sources.clear()
    for link in settings.find_links:
        finder.add_find_links(link)
    for url in settings.extra_index_urls:
        finder.add_index_url(url)
    finder.sources += indexes
    return finder


def _published(finder: PackageFinder, source: Distribution) -> Package:
    """The very file that was checked, wherever it lies. StorykinError when it is nowhere.

    One place after the other is asked, so that one that is away does not stand before another that has it.
    """
    unnamed: list[Package] = []
    others = False
    for build in _builds(finder, source):
        if build.link.hash_option == {"sha256": [source.sha256]}:
            return build
        if build.link.hash_option:
            others = True
        else:
            unnamed.append(build)
    if unnamed:
        return _for_us_first(unnamed)[0]
    raise other_bytes(source) if others else unreachable(source)


def _builds(finder: PackageFinder, source: Distribution) -> Iterator[Package]:
    places = list(finder.sources)
    for place in places:
        finder.sources[:] = [place]
        try:
            found = list(finder.find_all_packages(source.project, allow_yanked=True))
        except (httpx2.HTTPError, ssl.SSLError, OSError):
            continue
        for each in found:
            if each.version == source.version and each.link.filename.endswith(source.suffix):
                yield each


def _for_us_first(builds: list[Package]) -> list[Package]:
    """An index without digests: the build that ours was taken from comes first."""
    return sorted(builds, key=lambda each: not _is_ours(each.link.filename))


def _is_ours(name: str) -> bool:
    return "-none-any" in name or ("-cp311-" in name and "manylinux" in name and "x86_64" in name)
