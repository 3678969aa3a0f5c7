"""The bucket: how fast it is, what its signed links allow, and what pages may do with them."""

import time
from collections.abc import Iterator

import httpx

from tasks.providers.store_probe import cors_allows, probe_bytes
from ui.diagnosis.keeping import TIMEOUT, links_remarks
from ui.diagnosis.live_trial import LiveTrial
from ui.diagnosis.remark import Remark, examine, warning, well

SLOW_PUT = 2.0  # seconds for eight bytes


def store(trial: LiveTrial) -> Iterator[Remark]:
    """Tried with objects of its own. Raises StoreError."""
    kept = trial.tools.store
    began = time.monotonic()
    probe_bytes(kept)
    seconds = time.monotonic() - began
    told = f"Writing, reading and deleting eight bytes took {seconds:.2f} s."
    slow = seconds > SLOW_PUT
    yield (warning if slow else well)(
        "live store", f"{told} Is the bucket in a far region?" if slow else told
    )
    with httpx.Client(timeout=TIMEOUT, event_hooks={"response": [trial.recorder.saw]}) as http:
        yield from links_remarks(kept, http)
        yield from examine({"live CORS": lambda: _cors(trial, http)})


def _cors(trial: LiveTrial, http: httpx.Client) -> Iterator[Remark]:
    origin = trial.chosen.public_origin
    if cors_allows(trial.tools.store, http, origin):
        yield well("live CORS", f"Pages of {origin} may upload straight into the bucket.")
    else:
        yield warning(
            "live CORS",
            f"Pages of {origin} may not upload straight into the bucket. Add a CORS rule to it: that "
            "origin, the method PUT, the headers content-type and if-none-match. The studio's own page does "
            "without.",
        )
