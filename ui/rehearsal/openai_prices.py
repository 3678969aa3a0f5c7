"""What OpenAI's models cost, in micro-dollars a token (dollars a million), and what has how many."""

import math
from dataclasses import dataclass

_PATCH, _PATCH_FACTOR, _MOST_PATCHES = 32, 1.2, 2500
_LOW_DETAIL = 300


@dataclass(frozen=True)
class Price:
    """Micro-dollars a token."""

    input: float
    output: float
    cached: float


@dataclass(frozen=True)
class Usage:
    """The token counts of one answer."""

    input: int
    output: int
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


# By the beginning of the name; the longest that fits counts.
PRICES = {
    "gpt-6-astra": Price(10.0, 50.0, 1.0),
    "gpt-6-luna": Price(0.1, 0.5, 0.01),
    "gpt-5.6-sol": Price(4.0, 20.0, 0.4),
    "gpt-5.6-terra": Price(2.0, 12.0, 0.2),
    "gpt-5.6-luna": Price(0.2, 1.2, 0.02),
    "gpt-5.4-mini": Price(0.75, 4.5, 0.075),
    "gpt-5.4-nano": Price(0.2, 1.25, 0.02),
    "gpt-5-mini": Price(0.25, 2.0, 0.025),
    "gpt-4o-mini": Price(0.15, 0.6, 0.075),
    "gpt-4o": Price(2.5, 10.0, 1.25),
}


def price_of(model: str) -> Price | None:
    """The price of a model or of a dated one of it; None where there is no such model."""
    names = [name for name in PRICES if model == name or model.startswith(f"{name}-2")]
    return PRICES[max(names, key=len)] if names else None


def charge_microusd(price: Price, usage: Usage) -> int:
    """What an answer costs, rounded up to a whole micro-dollar."""
    fresh = usage.input - usage.cached
    return math.ceil(fresh * price.input + usage.cached * price.cached + usage.output * price.output)


def text_tokens(text: str) -> int:
    """About four letters a token."""
    return math.ceil(len(text) / 4)


def image_tokens(width: int, height: int, detail: str) -> int:
    """Patches of 32 pixels, bounded unless the detail is original (or auto, which is the same)."""
    if detail == "low":
        return _LOW_DETAIL
    patches = math.ceil(width / _PATCH) * math.ceil(height / _PATCH)
    if detail == "high":
        patches = min(patches, _MOST_PATCHES)
    return math.ceil(patches * _PATCH_FACTOR)
