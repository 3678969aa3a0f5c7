"""What OpenAI's models that draw cost, and when they are switched off."""

from dataclasses import dataclass

_MILLION = 1_000_000
_SQUARE = 1024 * 1024
_TOKENS = {"low": 196, "medium": 1_767, "high": 7_033}  # of a picture of 1024x1024
PRICED = ("gpt-image-2", "gpt-image-2.5-flare", "gpt-image-2.5-sunburst")
CURRENT = ("gpt-image-2.6-flare", "gpt-image-2.6-sunburst")
# Known to the list of models alone: a rehearsal does not draw with what is about to go.
SHUTDOWN_DATES = {
    "gpt-image-1": "2026-10-23",
    "gpt-image-1-mini": "2026-12-01",
    "gpt-image-1.5": "2026-12-01",
    "chatgpt-image-latest": "2026-12-01",
}
IMAGE_MODELS = (*CURRENT, *PRICED)


@dataclass(frozen=True)
class ImageUsage:
    """The token counts of one answer."""

    text: int
    image: int
    output: int

    @property
    def charge_microusd(self) -> int:
        """At $5, $8 and $30 a million, rounded up to a whole micro-dollar; the same for every model."""
        total = self.text * 5_000_000 + self.image * 8_000_000 + self.output * 30_000_000
        return -(-total // _MILLION)


def output_tokens(width: int, height: int, quality: str) -> int:
    """About as many as the price list's pictures come to, by their pixels."""
    return -(-_TOKENS[quality] * width * height // _SQUARE)
