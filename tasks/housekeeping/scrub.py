"""The scrub: every so often the bytes of every row are read and verified, a share of the store at a time.

What is damaged is restored from what can be had for nothing: a copy in quarantine, the object's own bytes
where only its note is damaged, the local engine, which draws the same picture again. Nothing is deleted.
"""

from collections.abc import Callable
from dataclasses import replace

from db.log import Log
from db.models import CallState, GeneratedAsset
from db.repositories import assets, calls, installation
from tasks.errors import StoreError, StorykinError
from tasks.illustrate import picture_request
from tasks.providers.protocols import Store
from tasks.runtime import Runtime
from tasks.settings import provider_settings
from tasks.storage import quarantine
from tasks.storage.binding import require_bound
from tasks.storage.verified_bytes import DAMAGED, digest_of_bytes, note_damage, note_intact, read_if_there
from tasks.write_prompt import PictureWork

log = Log("scrub")

ROUNDS_A_NIGHT = 144  # housekeeping comes every ten minutes
LEAST_A_ROUND, MOST_A_ROUND = 5, 500


def scrub(runtime: Runtime) -> int:
    """Verify the next share of what the record names; returns how many objects are damaged and stay so."""
    require_bound(runtime, afresh=True)
    with runtime.record.reading() as session:
        here = installation.find(session)
        begin = here.scrubbed_to if here else ""
        limit = _share(assets.count(session))
        share = assets.after_key(session, begin, limit)
    damaged = 0
    for asset in share:
        damaged += not verify(runtime, asset)
    with runtime.record.writing() as session:
        # Short of the limit it has come to the end, and begins again.
        installation.record_scrub_position(session, share[-1].storage_key if len(share) == limit > 0 else "")
    return damaged


def verify(runtime: Runtime, asset: GeneratedAsset) -> bool:
    """Whether the bytes of `asset` are whole, or could be made whole again."""
    if _is_whole(runtime.store, asset) or _restore(runtime, asset):
        note_intact(runtime, asset)
        return True
    note_damage(runtime, asset)
    return False


def _share(total: int) -> int:
    percent = provider_settings().scrub_percent
    if not percent:
        return 0
    a_night = total * percent // 100
    return min(MOST_A_ROUND, max(LEAST_A_ROUND, -(-a_night // ROUNDS_A_NIGHT)))


def _is_whole(store: Store, asset: GeneratedAsset) -> bool:
    data = read_if_there(store, asset.storage_key)
    if data is None or digest_of_bytes(data) != asset.sha256:
        return False
    try:
        known = store.head(asset.storage_key)
    except StoreError as error:
        if error.code != DAMAGED:
            raise
        return False  # the note beside the bytes
    return known is not None and (known.sha256, known.size) == (asset.sha256, len(data))


def _restore(runtime: Runtime, asset: GeneratedAsset) -> bool:
    key, store = asset.storage_key, runtime.store
    sources: tuple[Callable[[], bytes | None], ...] = (
        lambda: read_if_there(store, key),  # where only the note beside it is damaged
        lambda: read_if_there(store, quarantine.PREFIX + key),
        lambda: _drawn_again(runtime, asset),
    )
    for source in sources:
        data = source()
        if data is None or digest_of_bytes(data) != asset.sha256:
            continue
        if read_if_there(store, key) is not None and not quarantine.put_aside(store, key):
            return False
        store.put(key, data, asset.content_type)
        quarantine.delete_for_good(store, key)
        log.info("object restored", asset_id=asset.id)
        return True
    return False


def _drawn_again(runtime: Runtime, asset: GeneratedAsset) -> bytes | None:
    """The picture as the local engine draws it from the same prompt and photo: for nothing, and the same."""
    if runtime.image.charges:
        return None
    with runtime.record.reading() as session:
        call = calls.by_asset(session, asset.id)
    if call is None or call.provider != runtime.image.name or call.state is not CallState.RECORDED:
        return None
    if call.character_id is None or call.prompt_artifact_id is None:
        return None
    work = PictureWork(call.character_id, call.prompt_artifact_id, call.work_key, style="", ordinal=1)
    try:
        request = replace(picture_request(runtime, work), call_id=call.id)
        return runtime.image.collect(runtime.image.submit(request), request).data
    except StorykinError as error:
        log.warning("picture not drawn again", code=error.code, asset_id=asset.id)
        return None
