"""OpenAI's prices, and how many tokens a text and a picture have."""

import math
from dataclasses import dataclass

_PATCH, _PATCH_FACTOR, _MOST_PATCHES = 32, 1.2, 2500
_LOW_DETAIL = 300


@dataclass(frozen=True)
class Price:
    """Micro-dollars per million tokens."""

    input: int
    output: int
    cached: int
    cache_write: int


@dataclass(frozen=True)
class Usage:
    """The token counts of one response."""

    input: int
    output: int
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0


# By the beginning of the name; the longest that fits counts.
PRICES = {
    "gpt-6-astra": Price(10_000_000, 50_000_000, 1_000_000, 12_500_000),
    "gpt-6-luna": Price(100_000, 500_000, 10_000, 125_000),
    "gpt-5.6-sol": Price(4_000_000, 20_000_000, 400_000, 5_000_000),
    "gpt-5.6-terra": Price(2_000_000, 12_000_000, 200_000, 2_500_000),
    "gpt-5.6-luna": Price(200_000, 1_200_000, 20_000, 250_000),
    "gpt-5.4-mini": Price(750_000, 4_500_000, 75_000, 750_000),
    "gpt-5.4-nano": Price(200_000, 1_250_000, 20_000, 200_000),
    "gpt-5-mini": Price(250_000, 2_000_000, 25_000, 250_000),
    "gpt-4o-mini": Price(150_000, 600_000, 75_000, 150_000),
    "gpt-4o": Price(2_500_000, 10_000_000, 1_250_000, 2_500_000),
}
_MILLION = 1_000_000


def price_of(model: str) -> Price | None:
    """The price of a model, by its name or dated name; None for an unknown model."""
    names = [name for name in PRICES if model == name or model.startswith(f"{name}-2")]
    return PRICES[max(names, key=len)] if names else None


def charge_microusd(price: Price, usage: Usage) -> int:
    """What a response costs in micro-dollars, rounded up."""
    plain = usage.input - usage.cached - usage.cache_write
    total = (
        plain * price.input
        + usage.cached * price.cached
        + usage.cache_write * price.cache_write
        + usage.output * price.output
    )
    return -(-total // _MILLION)


def text_tokens(text: str) -> int:
    """The tokens of a text, at four characters a token."""
    return math.ceil(len(text) / 4)


def image_tokens(width: int, height: int, detail: str) -> int:
    """The tokens of a picture: patches of 32 pixels, bounded unless `detail` is original or auto."""
    if detail == "low":
        return _LOW_DETAIL
    patches = math.ceil(width / _PATCH) * math.ceil(height / _PATCH)
    if detail == "high":
        patches = min(patches, _MOST_PATCHES)
    return math.ceil(patches * _PATCH_FACTOR)
