"""What tokens cost, in whole micro-dollars: a part of one is one, so that the bill is never told too low."""

from datetime import date

import pytest

from tasks.providers.model_registry import TokenPrice
from tasks.providers.openai.answer import Usage

# Of a million tokens.
PRICE = TokenPrice(
    since=date(2026, 1, 1), input=250_000, cached=25_000, cache_write=300_000, output=2_000_000
)


@pytest.mark.parametrize(
    ("usage", "microusd"),
    [
        (Usage(), 0),
        (Usage(input=1), 1),  # a quarter of a micro-dollar
        (Usage(input=4), 1),
        (Usage(input=5), 2),
        (Usage(input=10, cached=10), 1),
        (Usage(input=1, output=1), 3),
        (Usage(input=4, output=1), 3),
    ],
)
def test_a_part_of_a_micro_dollar_counts_as_a_whole_one(usage: Usage, microusd: int) -> None:
    assert usage.cost_microusd(PRICE) == microusd
