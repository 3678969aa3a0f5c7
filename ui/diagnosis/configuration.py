"""The settings: can they be read, and do the keys look like keys? No value of them is ever shown."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from db.errors import BadSettings
from db.told import told
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
            yield problem("settings", told("This setting can't be used. %(each)s.", each=each))
        return
    chosen = provider_settings()
    pictures = " → ".join(chosen.images)  # the next one where one is away
    yield ok(
        "settings",
        told(
            "Vision by %(vision)s, pictures by %(pictures)s, store: %(store)s.",
            vision=chosen.vision,
            pictures=pictures,
            store=chosen.store,
        ),
    )
    for name, meant in unknown_settings(os.environ).items():
        if meant:
            yield warning(
                "settings",
                told("%(name)s is no setting of Storykin; is %(meant)s meant?", name=name, meant=meant),
            )
        else:
            yield warning("settings", told("%(name)s is no setting of Storykin.", name=name))
    rehearsed = [name for name, url in _addresses(chosen).items() if _is_here(url)]
    if rehearsed:
        yield warning(
            "rehearsal",
            told(
                "A stand-in on this machine answers for %(names)s, as `storykin rehearse` is one: no "
                "real picture comes from it, and no money is spent.",
                names=", ".join(rehearsed),
            ),
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
            told(
                "%(setting)s does not look like a key of its provider (%(looks_like)s): was it copied "
                "whole, without spaces or quotes?",
                setting=each.setting,
                looks_like=each.looks_like,
            ),
        )
    if given and not odd:
        yield ok(
            "keys",
            told("%(settings)s: of the right shape.", settings=", ".join((key.setting for key, _ in given))),
        )
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
