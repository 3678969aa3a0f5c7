"""Settings are read once a process; a test that sets others has them read again."""

from collections.abc import Iterator
from contextlib import contextmanager

from db.called import name_settings
from db.engine import close_records
from db.settings import record_settings
from flows.settings import flow_settings
from tasks.backup.settings import backup_account, backup_settings
from tasks.canary.settings import canary_settings
from tasks.erasure.settings import retention_settings
from tasks.marks.settings import mark_settings
from tasks.notices.settings import notice_settings
from tasks.oidc.settings import oidc_settings
from tasks.proof.settings import proof_settings
from tasks.providers import registry
from tasks.runtime import process_runtime
from tasks.settings import provider_settings
from tasks.traces.settings import trace_settings
from ui.settings import studio_settings

_READ_ONCE = (
    provider_settings,
    flow_settings,
    record_settings,
    backup_settings,
    backup_account,
    mark_settings,
    notice_settings,
    canary_settings,
    trace_settings,
    retention_settings,
    proof_settings,
    name_settings,
    oidc_settings,
    studio_settings,
    registry.store,
    registry.vision_provider,
    registry.image_provider,
    process_runtime,
)


def forget_settings() -> None:
    """Have every setting read again, and everything made again that was made of them."""
    close_records()
    for each in _READ_ONCE:
        each.cache_clear()


@contextmanager
def settings_of_its_own() -> Iterator[None]:
    """Around a test: nothing of another test's settings comes in, and none of its own goes out."""
    forget_settings()
    try:
        yield
    finally:
        forget_settings()
