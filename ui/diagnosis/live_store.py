"""The bucket: how fast it is, what its signed links allow, and what pages may do with them."""

import time
from collections.abc import Iterator

from tasks.providers.store.probe import probe_bytes
from ui.diagnosis.check_result import CheckResult, ok, warning
from ui.diagnosis.live_trial import LiveTrial
from ui.diagnosis.store_checks import browser, check_links, cors_remark

SLOW_PUT = 2.0  # seconds for eight bytes


def store(trial: LiveTrial) -> Iterator[CheckResult]:
    """Tried with objects of its own. Raises StoreError."""
    kept = trial.runtime.store
    began = time.monotonic()
    probe_bytes(kept)
    seconds = time.monotonic() - began
    sentence = f"Writing, reading and deleting eight bytes took {seconds:.2f} s."
    slow = seconds > SLOW_PUT
    yield (warning if slow else ok)(
        "live store", f"{sentence} Is the bucket in a far region?" if slow else sentence
    )
    with browser(trial.recorder.saw) as http:
        yield from check_links(kept, http)
        yield cors_remark("live CORS", kept, http)
