"""Webhooks: would the studio believe what Replicate signs, and nothing else?"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from tasks.providers.live_checks import Hook, HookVerdict, try_hook
from ui.diagnosis.live_trial import LiveTrial
from ui.diagnosis.remark import Remark, problem, warning, well


def webhooks(trial: LiveTrial) -> Iterator[Remark]:
    """Tried on the studio at its public origin, with deliveries about a call that there is not."""
    chosen = trial.chosen
    secret = chosen.replicate_webhook_secret.get_secret_value()
    if not secret:
        yield well(
            "live webhooks",
            "No REPLICATE_WEBHOOK_SECRET is set: pictures are polled for, which works without webhooks.",
        )
        return
    yield _hook_remark(try_hook(Hook(chosen.public_origin, secret)))
    rehearsed = urlsplit(chosen.replicate_base_url).scheme == "http"
    if urlsplit(chosen.public_origin).scheme != "https" and not rehearsed:
        yield warning(
            "live webhooks",
            "Replicate delivers to https only: set STORYKIN_PUBLIC_ORIGIN to such an address.",
        )


def _hook_remark(verdict: HookVerdict) -> Remark:
    match verdict:
        case HookVerdict.BELIEVES:
            return well(
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
                "The studio can't be reached at STORYKIN_PUBLIC_ORIGIN, so webhooks were not tried. "
                "Start it with `storykin up`; until then pictures are polled for.",
            )
