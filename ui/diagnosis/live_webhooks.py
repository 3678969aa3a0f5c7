"""Webhooks: would the studio believe what Replicate signs, and nothing else?"""

import hmac
from collections.abc import Iterator
from urllib.parse import urlsplit

from tasks.errors import NotReady
from tasks.providers.live_checks import Hook, HookVerdict, try_hook
from tasks.providers.registry import setup
from tasks.providers.replicate.factories import wire
from tasks.providers.replicate.settings import ReplicateAccount
from ui.diagnosis.check_result import CheckResult, ok, problem, warning
from ui.diagnosis.live_trial import LiveTrial


def webhooks(trial: LiveTrial) -> Iterator[CheckResult]:
    """Tried on the studio at its public origin, with deliveries about a call that there is not."""
    chosen = trial.chosen
    secret = chosen.of(ReplicateAccount).webhook_secret.get_secret_value()
    if not secret:
        yield ok(
            "live webhooks",
            "No REPLICATE_WEBHOOK_SECRET is set: pictures are polled for, which works without webhooks.",
        )
        return
    yield _secret_remark(secret)
    yield _hook_remark(try_hook(Hook(chosen.public_address, secret)), chosen.public_origin)
    rehearsed = urlsplit(chosen.of(ReplicateAccount).base_url).scheme == "http"
    if urlsplit(chosen.public_origin).scheme != "https" and not rehearsed:
        yield warning(
            "live webhooks",
            "Replicate delivers to https only: set STORYKIN_PUBLIC_ORIGIN to such an address.",
        )


def _secret_remark(ours: str) -> CheckResult:
    """Whether Replicate signs with the secret we know. Asked unrecorded: the answer is the secret."""
    try:
        theirs = wire(setup()).webhook_secret()
    except NotReady as error:
        return warning("live secret", f"{error.sentence} What it signs webhooks with could not be compared.")
    if hmac.compare_digest(theirs.encode(), ours.encode()):
        return ok("live secret", "Replicate signs its webhooks with REPLICATE_WEBHOOK_SECRET.")
    return problem(
        "live secret",
        "Replicate signs this account's webhooks with another secret than REPLICATE_WEBHOOK_SECRET, so the "
        "studio would believe none of them. Set it to the one that Replicate's API gives at "
        "/v1/webhooks/default/secret.",
    )


def _hook_remark(verdict: HookVerdict, origin: str) -> CheckResult:
    match verdict:
        case HookVerdict.BELIEVES:
            return ok(
                "live webhooks",
                "The studio believes what is signed with REPLICATE_WEBHOOK_SECRET, and nothing else.",
            )
        case HookVerdict.BELIEVES_ANYTHING:
            return problem(
                "live webhooks",
                "What answers at STORYKIN_PUBLIC_ORIGIN believes forged webhooks: it is no studio of ours.",
            )
        case HookVerdict.DISBELIEVES:
            return problem(
                "live webhooks",
                "The studio does not believe what is signed with REPLICATE_WEBHOOK_SECRET: it runs with "
                "another secret, or its clock is off by minutes. Start it again with these settings.",
            )
        case HookVerdict.NOT_THERE:
            return warning(
                "live webhooks",
                f"No studio answers at {origin} (STORYKIN_PUBLIC_ORIGIN), so webhooks were not tried. Start "
                "it with `storykin up`, or correct the address; until then pictures are polled for.",
            )
