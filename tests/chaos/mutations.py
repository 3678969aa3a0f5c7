"""The promise broken on purpose, one way at a time: the checker must see each of them."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from db.ids import utc_now
from db.models import CallState
from db.repositories import calls, claims, clock
from db.repositories.claims import ClaimVerdict
from db.repositories.clock import Reading
from tasks import illustrate, write_prompt
from tasks.ledger import image_call, kept_output
from tasks.ledger.claim import LeasedCall
from tasks.providers.replicate import wire
from tasks.runtime import Runtime
from tasks.settlement import reconcile
from ui.routes import hooks


def fence_clause_removed(_runtime: Runtime) -> None:
    """A worker that slept through its lease writes all the same."""

    def unfenced(step: Callable[..., Any]) -> Callable[..., Any]:
        def taken(session: Any, *, call_id: str, fence: int, **named: Any) -> Any:
            del fence
            return step(session, call_id=call_id, fence=calls.get(session, call_id).fence, **named)

        return taken

    record: Any = calls
    record.ALLOWED_TRANSITIONS = {state: frozenset(CallState) for state in CallState}
    record.advance = unfenced(calls.advance)
    record.renew_lease = lambda _session, **_named: None


def sdk_retries_on(runtime: Runtime) -> None:
    """The SDK sends a paid request again by itself."""
    for provider in (runtime.vision, runtime.image):
        speaking: Any = provider
        if hasattr(speaking, "_client"):  # Replicate is asked without its SDK
            speaking._client = speaking._client.with_options(max_retries=2)


def unknown_sent_again(_runtime: Runtime) -> None:
    """What left without an answer is simply bought again."""
    verdict = claims._verdict

    def careless(*arguments: Any, **named: Any) -> ClaimVerdict:
        found = verdict(*arguments, **named)
        return ClaimVerdict.MINE if found is ClaimVerdict.UNKNOWN else found

    record: Any = claims
    record._verdict = careless


def lease_not_checked(_runtime: Runtime) -> None:
    """Right before the request leaves nobody asks whether the call is still ours."""
    held: Any = LeasedCall
    held._extend_lease = lambda _self, *_seconds, **_named: None


def last_check_not_made(_runtime: Runtime) -> None:
    """The provider sends what it has prepared without asking once more."""
    held: Any = LeasedCall
    held._last_check = lambda _self: None


def absence_believed_at_once(_runtime: Runtime) -> None:
    """What is not in the provider's books yet is taken for never sent; `scenarios.arriving_late` does it."""


def work_key_of_the_run(_runtime: Runtime) -> None:
    """The same work has another name in every run."""
    writing: Any = write_prompt
    original = writing.image_work_key
    writing.image_work_key = lambda **named: original(**named | {"ordinal": os.getpid()})


def signature_unchecked(_runtime: Runtime) -> None:
    """Whoever knows the address may tell us how a picture ended."""
    route: Any = hooks
    route.check_signature = lambda *_arguments, **_named: None


def row_before_bytes(runtime: Runtime) -> None:
    """The row is written while the bytes are not there yet."""
    drawing: Any = image_call
    original = drawing.persist_output

    def promised(*arguments: Any, **named: Any) -> Any:
        kept = original(*arguments, **named)
        runtime.store.delete(kept.stored.key)
        return kept

    drawing.persist_output = promised


def answers_not_kept(_runtime: Runtime) -> None:
    """A picture that comes with its answer is left in the memory of whoever asked for it."""
    keeper: Any = kept_output.StoreKeeper
    keeper.keep = lambda *_arguments: None


def bytes_not_compared(runtime: Runtime) -> None:
    """What is in the store is not what was handed over."""
    store: Any = runtime.store
    original = store.put

    def put(key: str, data: bytes, content_type: str) -> Any:
        kept = original(key, data, content_type)
        if key.startswith("pictures/"):
            file = store.path_of(key)
            file.chmod(0o600)
            file.write_bytes(file.read_bytes()[:-1] + b"?")
        return kept

    object.__setattr__(store, "put", put)


def price_forgotten(_runtime: Runtime) -> None:
    """A picture's price is left at nothing."""
    advance = calls.advance

    def free(session: Any, **named: Any) -> Any:
        return advance(session, **{**named, **({"actual_microusd": 0} if "actual_microusd" in named else {})})

    record: Any = calls
    record.advance = free


def store_not_asked(_runtime: Runtime) -> None:
    """What the record does not know of is bought, whatever the store holds."""
    drawing: Any = illustrate
    drawing.find_picture = lambda *_arguments: None


def sending_not_noted(_runtime: Runtime) -> None:
    """That a request left stands in the record alone."""
    drawing: Any = illustrate
    drawing.write_sent = lambda *_arguments: None


def clocks_of_machines_compared(_runtime: Runtime) -> None:
    """Every machine goes by its own clock, and whoever finds a request missing by that says it never was."""

    def own(_session: Any) -> Reading:
        return Reading(utc_now(), utc_now())

    time: Any = clock
    time.read, time.now, time.steady = own, lambda _session: utc_now(), lambda _session: utc_now()
    looking: Any = reconcile
    looking._was_absent_before = lambda *_arguments: True
    looking.request_is_over = lambda *_arguments: True


def providers_clock_not_asked(_runtime: Runtime) -> None:
    """The books of a provider are asked by our own clock, and believed the first time."""
    wire_module: Any = wire
    wire_module.server_time = lambda _headers: None
    looking: Any = reconcile
    believed = looking._by_absence
    looking._by_absence = lambda runtime, call, search, rules: believed(
        runtime, call, replace(search, as_of=utc_now()), rules
    )
    looking._was_absent_before = lambda *_arguments: True


def cheap_looks_booked_at_nothing(_runtime: Runtime) -> None:
    """A lost look is taken again, and counted as if it had cost nothing."""
    settle = calls.settle

    def free(session: Any, **named: Any) -> Any:
        if named.get("error_code") == calls.ASSUMED_PAID:
            named["actual_microusd"] = 0
        return settle(session, **named)

    record: Any = calls
    record.settle = free


MUTATIONS: dict[str, Callable[[Runtime], None]] = {
    "fence clause removed": fence_clause_removed,
    "SDK retries on": sdk_retries_on,
    "unknown sent again": unknown_sent_again,
    "lease not checked before sending": lease_not_checked,
    "last check not made": last_check_not_made,
    "absence believed at once": absence_believed_at_once,
    "work key with the run in it": work_key_of_the_run,
    "webhook signature unchecked": signature_unchecked,
    "row before its bytes": row_before_bytes,
    "answers not kept": answers_not_kept,
    "bytes not compared": bytes_not_compared,
    "price forgotten": price_forgotten,
    "store not asked": store_not_asked,
    "sending not noted in the store": sending_not_noted,
    "cheap looks booked at nothing": cheap_looks_booked_at_nothing,
    "clocks of machines compared": clocks_of_machines_compared,
    "provider's clock not asked": providers_clock_not_asked,
}


def break_on_purpose(runtime: Runtime, mutation: str) -> None:
    """Let the code break the promise in this way, and the database not stop it: each guards by itself."""
    unguard_calls(runtime)
    MUTATIONS[mutation](runtime)


_TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'provider_calls'",
    "postgresql": (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'provider_calls'::regclass AND NOT tgisinternal"
    ),
}


def unguard_calls(runtime: Runtime) -> None:
    """Take the guards of the calls out of this scene's record, if another process has not done it yet."""
    with runtime.record.writing() as session:
        dialect = session.get_bind().dialect.name
        of_the_table = " ON provider_calls" if dialect == "postgresql" else ""
        for name in session.scalars(text(_TRIGGERS[dialect])).all():
            session.execute(text(f"DROP TRIGGER IF EXISTS {name}{of_the_table}"))
