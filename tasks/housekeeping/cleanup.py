"""What is left after crashes: calls whose worker is dead, half-written files."""

from db.log import Log
from db.repositories import calls
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tasks.settlement.reconcile import settle_unknown_calls

log = Log("housekeeping")


def clear_interrupted_writes(runtime: Runtime) -> int:
    """Remove what a crash in the middle of a write left on the disk; returns how much."""
    return runtime.store.tidy() if isinstance(runtime.store, DiskStore) else 0


def settle_by_evidence(runtime: Runtime) -> int:
    """Reconcile calls of unknown outcome with their providers; returns how many that settled."""
    return len(settle_unknown_calls(runtime))


def settle_dead_calls(runtime: Runtime) -> int:
    """Calls that left and whose worker died before the answer become `unknown`; returns how many.

    Only where a call may cost money: the free local engine is simply asked again.
    """
    paid = {each.name for each in runtime.providers if each.charges}
    with runtime.record.writing() as session:
        dead = [call for call in calls.stuck(session) if call.provider in paid]
        return sum(calls.mark_unknown_if_dead(session, call_id=call.id) for call in dead)
