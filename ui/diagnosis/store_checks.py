"""The store: does it keep bytes, and do its signed links allow what they say and nothing else?"""

from collections.abc import Callable, Iterator, Sequence

import httpx

from db.engine import record
from db.migrate import is_current
from db.repositories.damages import every as every_damage
from db.told import Told, one_after_the_other, told
from tasks.errors import StoreError
from tasks.housekeeping.sweep import Candidate, plan_sweep
from tasks.providers.protocols import Store
from tasks.providers.registry import store
from tasks.providers.store.probe import LinkReport, cors_allows, probe_bytes, probe_links
from tasks.providers.store.trust import trusting_context
from tasks.settings import provider_settings
from tasks.storage.binding import BindingState, Pair, look_at_binding
from ui.diagnosis.check_result import CheckResult, ok, problem, warning
from ui.views.words import size_words

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_EXAMPLES = 3
_SOMEBODY = "https://another-site.invalid"


def browser(on_response: Callable[[httpx.Response], None] | None = None) -> httpx.Client:
    """What follows signed links as a browser would. Raises StoreError for a bad R2_CA_FILE."""
    hooks = {"response": [on_response]} if on_response else {}
    return httpx.Client(timeout=_TIMEOUT, verify=trusting_context(), event_hooks=hooks)


def kept_bytes() -> Iterator[CheckResult]:
    """Write, read, delete. Raises StoreError."""
    kept = store()
    probe_bytes(kept)
    yield ok("store", told("The %(name)s store keeps bytes and gives them back.", name=kept.name))


def whose_store() -> Iterator[CheckResult]:
    """Whether the database and the store belong together. Raises StoreError, RecordError."""
    if not is_current():
        return  # told by the look at the tables
    found = look_at_binding(Pair(record(), store()))
    yield (ok if found.ok else problem)("store owner", found.sentence)


def next_sweep() -> Iterator[CheckResult]:
    """What the next round of housekeeping would take out of the store. Raises StoreError, RecordError."""
    if not is_current():
        return
    pair = Pair(record(), store())
    if look_at_binding(pair).state is not BindingState.BOUND:
        return  # nothing would be touched, as was told
    plan = plan_sweep(pair)
    if plan.held:
        yield problem("sweep", plan.held)
        return
    moved, deleted = _describe(plan.to_quarantine), _describe(plan.to_delete)
    told_of = told(
        "Of %(objects)s objects %(unnamed)s are named by no row. The next round of housekeeping moves "
        "%(moved)s into quarantine, and deletes %(deleted)s that have been there for their time.",
        objects=plan.objects,
        unnamed=plan.unnamed,
        moved=moved,
        deleted=deleted,
    )
    if plan.left_for_later:
        later = told("%(count)s more are left for later rounds.", count=plan.left_for_later)
        yield warning("sweep", one_after_the_other(told_of, later))
    else:
        yield ok("sweep", told_of)


def damages() -> Iterator[CheckResult]:
    """What of the store is known to be missing or altered. Raises RecordError."""
    if not is_current():
        return
    with record().reading() as session:
        found = every_damage(session)
    if not found:
        yield ok("store damage", "Nothing that a row names is known to be missing or damaged.")
        return
    named = ", ".join(f"{each.storage_key} ({each.kind.value})" for each in found[:_EXAMPLES])
    yield problem(
        "store damage",
        told(
            "%(count)s photos or pictures are missing or damaged in the store, and are not shown or "
            "used: %(named)s. What could be restored for nothing has been. Bring the others back from "
            "a backup of the store.",
            count=len(found),
            named=named,
        ),
    )


def _describe(those: Sequence[Candidate]) -> Told:
    """How many, how large, how old, and a few by their keys."""
    if not those:
        return told("none")
    named = ", ".join(each.key for each in those[:_EXAMPLES])
    size = sum(each.size for each in those)
    return told(
        "%(count)s (%(size)s, the oldest of %(day)s: %(keys)s)",
        count=len(those),
        size=size_words(size),
        day=f"{those[0].since:%Y-%m-%d}",
        keys=named,
    )


def signed_links() -> Iterator[CheckResult]:
    """What signed links allow: the store's own over HTTP, the disk's by their signatures."""
    with browser() as http:
        yield from check_links(store(), http)


def page_uploads() -> Iterator[CheckResult]:
    """Whether the studio's pages may upload into the bucket. Nothing to tell of the disk: it is their own."""
    if store().name != "disk":
        with browser() as http:
            yield cors_remark("page uploads", store(), http)


def cors_remark(name: str, kept: Store, http: httpx.Client) -> CheckResult:
    """What the bucket's CORS rules let pages of the studio and of others do. Raises StoreError."""
    origin = provider_settings().public_origin
    try:
        ours, anyones = (cors_allows(kept, http, each) for each in (origin, _SOMEBODY))
    except httpx.HTTPError as error:
        return problem(
            name, told("The bucket can't be reached over HTTP (%(kind)s).", kind=type(error).__name__)
        )
    if not ours:
        return problem(
            name,
            told(
                "Pages of %(origin)s may not upload into the bucket, so the studio can take no photo. Add "
                "a CORS rule to the bucket: origin %(origin)s, method PUT, headers content-type and "
                "if-none-match.",
                origin=origin,
            ),
        )
    if anyones:
        return warning(
            name,
            told(
                "Pages of any site may upload into the bucket, if they get hold of a link. Narrow its CORS "
                "rule to %(origin)s.",
                origin=origin,
            ),
        )
    return ok(
        name, told("Pages of %(origin)s, and of no other site, may upload into the bucket.", origin=origin)
    )


def check_links(kept: Store, http: httpx.Client) -> Iterator[CheckResult]:
    """Whether the store's signed links do what they must: a result a fault, or one that all is well."""
    try:
        report = probe_links(kept, http)
    except httpx.HTTPError as error:
        yield problem(
            "signed links",
            told(
                "The store's signed links can't be reached over HTTP (%(kind)s).",
                kind=type(error).__name__,
            ),
        )
        return
    except StoreError as error:
        yield problem("signed links", error.sentence)
        return
    yield from _judged(kept, report)


def _judged(kept: Store, report: LinkReport) -> Iterator[CheckResult]:
    for sentence in report.broken:
        yield problem(
            "signed links",
            one_after_the_other(
                sentence,
                "The store, or a proxy before it, does not do what R2 does: have it put right first.",
            ),
        )
    for sentence in report.unkept:
        yield warning("signed links", sentence)
    if not report.broken:
        how = (
            told("by their signatures; the studio serves them")
            if kept.name == "disk"
            else told("tried over HTTP")
        )
        yield ok(
            "signed links",
            told(
                "Signed links give and take exactly what they say; a wrong type or length is refused "
                "(%(how)s).",
                how=how,
            ),
        )
