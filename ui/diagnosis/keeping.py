"""The store: does it keep bytes, and do its signed links allow what they say and nothing else?"""

from collections.abc import Iterator

import httpx

from tasks.errors import StoreError
from tasks.providers.protocols import Store
from tasks.providers.registry import store
from tasks.providers.store_probe import LinkReport, probe_bytes, probe_links
from ui.diagnosis.remark import Remark, problem, warning, well

TIMEOUT = httpx.Timeout(30.0, connect=5.0)


def kept_bytes() -> Iterator[Remark]:
    """Write, read, delete. Raises StoreError."""
    kept = store()
    probe_bytes(kept)
    yield well("store", f"The {kept.name} store keeps bytes and gives them back.")


def signed_links() -> Iterator[Remark]:
    """What signed links allow: the store's own over HTTP, the disk's by their signatures."""
    with httpx.Client(timeout=TIMEOUT) as http:
        yield from links_remarks(store(), http)


def links_remarks(kept: Store, http: httpx.Client) -> Iterator[Remark]:
    """The same of any store."""
    try:
        report = probe_links(kept, http)
    except httpx.HTTPError as error:
        yield problem(
            "signed links", f"The store's signed links can't be reached over HTTP ({type(error).__name__})."
        )
        return
    except StoreError as error:
        yield problem("signed links", error.sentence)
        return
    yield from _judged(kept, report)


def _judged(kept: Store, report: LinkReport) -> Iterator[Remark]:
    for sentence in report.broken:
        yield problem(
            "signed links",
            f"{sentence} The store, or a proxy before it, does not do what R2 does: have it put right first.",
        )
    for sentence in report.unkept:
        yield warning(
            "signed links",
            f"{sentence} R2 does honour it; on this server our own check before each write stands alone.",
        )
    if not report.broken:
        how = "by their signatures; the studio serves them" if kept.name == "disk" else "tried over HTTP"
        yield well(
            "signed links",
            f"Signed links give and take exactly what they say; a wrong type or length is refused ({how}).",
        )
