"""The settings: can they be read, and do the keys look like keys? No value of them is ever shown."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from db.errors import BadSettings
from tasks.providers.spec import KeyShape, Kind
from tasks.providers.specs import all_specs
from tasks.settings import ProviderSettings, provider_settings
from ui.diagnosis.check_result import CheckResult, ok, problem, warning
from ui.settings import check_settings, unknown_settings

SHORTEST_SECRET = 16  # bytes; with less the store signs nothing


def settings() -> Iterator[CheckResult]:
    """Whether every setting can be read, and what they choose."""
    try:
        check_settings()
    except BadSettings as error:
        for each in error.problems:
            yield problem("settings", f"This setting can't be used. {each}.")
        return
    chosen = provider_settings()
    pictures = ", else ".join(chosen.images)
    yield ok("settings", f"Vision by {chosen.vision}, pictures by {pictures}, store: {chosen.store}.")
    for name, meant in unknown_settings(os.environ).items():
        hint = f"; is {meant} meant?" if meant else "."
        yield warning("settings", f"{name} is no setting of Storykin{hint}")
    rehearsed = [name for name, url in _addresses(chosen).items() if _is_here(url)]
    if rehearsed:
        lead = "leads" if len(rehearsed) == 1 else "lead"
        yield warning(
            "rehearsal",
            f"{' and '.join(rehearsed)} {lead} to a stand-in on this machine, as `storykin rehearse` is one: "
            "no real picture comes from it, and no money is spent.",
        )


def _addresses(chosen: ProviderSettings) -> dict[str, str]:
    """The addresses of the providers in use, by the settings that hold them; but not of a bucket."""
    settings = [(spec, spec.api[kind]) for kind, spec in chosen.chosen() if kind in spec.api]
    return {name: spec.setting(chosen, name) for spec, name in settings if Kind.STORE not in spec.factories}


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def keys() -> Iterator[CheckResult]:
    """Whether each key that is set has the shape that its provider gives out."""
    chosen = provider_settings()
    given = list(_keys(chosen))
    odd = [key for key, value in given if not re.fullmatch(key.pattern, value)]
    for each in odd:
        yield warning(
            "keys",
            f"{each.setting} does not look like a key of its provider ({each.looks_like}): was it copied "
            "whole, without spaces or quotes?",
        )
    if given and not odd:
        yield ok("keys", f"{', '.join(key.setting for key, _ in given)}: of the right shape.")
    elif not given:
        yield ok("keys", "No provider keys are set, and none are needed for the local engine.")
    if 0 < len(chosen.secret_key.get_secret_value().encode()) < SHORTEST_SECRET:
        yield problem(
            "keys",
            "STORYKIN_SECRET_KEY is too short to sign links: use 32 characters or more, or leave it empty.",
        )


def _keys(chosen: ProviderSettings) -> Iterator[tuple[KeyShape, str]]:
    """Every key that is set, and how it should look."""
    for spec in all_specs().values():
        values = spec.setting_values(chosen)
        yield from ((key, values[key.setting]) for key in spec.keys if values.get(key.setting))
