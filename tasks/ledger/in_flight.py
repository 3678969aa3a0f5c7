"""Whether a request may still be on its way: nothing that it may bring is settled before it is over."""

from datetime import timedelta

from db.engine import Session
from db.models import ProviderCall
from db.repositories import clock
from tasks.process_identity import Holder, holder
from tasks.runtime import Runtime


def request_is_over(session: Session, call: ProviderCall, runtime: Runtime) -> bool:
    """Whether the call's request can't be on its way any more.

    The sender's process is looked up where it is of this machine. One of another machine has ended its
    request when the answer was due, and a lease more.
    """
    whereabouts = holder(call.sent_by)
    if whereabouts is not Holder.ELSEWHERE:
        return whereabouts is Holder.GONE
    if call.sent_by is None or call.answer_due_at is None:
        return True  # its sender has come out of it, or was one that did not leave its name
    return clock.steady(session) > call.answer_due_at + timedelta(seconds=runtime.lease_seconds)
