"""The settings: can they be read, and do the keys look like keys? No value of them is ever shown."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from db.errors import BadSettings
from tasks.settings import ProviderSettings, provider_settings
from ui.diagnosis.check_result import CheckResult, ok, problem, warning
from ui.settings import check_settings, unknown_settings

SHORTEST_SECRET = 16  # bytes; with less the store signs nothing


@dataclass(frozen=True)
class _Key:
    """A key that a provider hands out, and how one looks."""

    setting: str
    value: SecretStr
    pattern: str
    looks_like: str


def settings() -> Iterator[CheckResult]:
    """Whether every setting can be read, and what they choose."""
    try:
        check_settings()
    except BadSettings as error:
        for each in error.problems:
            yield problem("settings", f"This setting can't be used. {each}.")
        return
    chosen = provider_settings()
    yield ok("settings", f"Vision by {chosen.vision}, pictures by {chosen.image}, store: {chosen.store}.")
    for name, meant in unknown_settings(os.environ).items():
        hint = f"; is {meant} meant?" if meant else "."
        yield warning("settings", f"{name} is no setting of Storykin{hint}")
    rehearsed = [name for name, used, url in _addresses(chosen) if used and _is_here(url)]
    if rehearsed:
        lead = "leads" if len(rehearsed) == 1 else "lead"
        yield warning(
            "rehearsal",
            f"{' and '.join(rehearsed)} {lead} to a stand-in on this machine, as `storykin rehearse` is one: "
            "no real picture comes from it, and no money is spent.",
        )


def _addresses(chosen: ProviderSettings) -> tuple[tuple[str, bool, str], ...]:
    return (
        ("OPENAI_BASE_URL", chosen.vision == "openai", chosen.openai_base_url),
        ("REPLICATE_BASE_URL", chosen.image == "replicate", chosen.replicate_base_url),
    )


def _is_here(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def keys() -> Iterator[CheckResult]:
    """Whether each key that is set has the shape that its provider gives out."""
    chosen = provider_settings()
    given = [each for each in _keys(chosen) if each.value.get_secret_value()]
    odd = [each for each in given if not re.fullmatch(each.pattern, each.value.get_secret_value())]
    for each in odd:
        yield warning(
            "keys",
            f"{each.setting} does not look like a key of its provider ({each.looks_like}): was it copied "
            "whole, without spaces or quotes?",
        )
    if given and not odd:
        yield ok("keys", f"{', '.join(each.setting for each in given)}: of the right shape.")
    elif not given:
        yield ok("keys", "No provider keys are set, and none are needed for the local engine.")
    if 0 < len(chosen.secret_key.get_secret_value().encode()) < SHORTEST_SECRET:
        yield problem(
            "keys",
            "STORYKIN_SECRET_KEY is too short to sign links: use 32 characters or more, or leave it empty.",
        )


def _keys(chosen: ProviderSettings) -> tuple[_Key, ...]:
    return (
        _Key("OPENAI_API_KEY", chosen.openai_api_key, r"sk-[\w-]{6,}", "sk-…"),
        _Key("REPLICATE_API_TOKEN", chosen.replicate_api_token, r"r8_\w{6,}", "r8_…"),
        _Key(
            "REPLICATE_WEBHOOK_SECRET",
            chosen.replicate_webhook_secret,
            r"whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
            "whsec_… and base64",
        ),
        _Key("R2_ACCESS_KEY_ID", chosen.r2_access_key_id, r"[!-~]{8,}", "32 hexadecimal digits"),
        _Key("R2_SECRET_ACCESS_KEY", chosen.r2_secret_access_key, r"[!-~]{8,}", "64 hexadecimal digits"),
    )
