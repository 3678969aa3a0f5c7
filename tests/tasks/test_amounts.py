"""How amounts of money are written, and read."""

import pytest

from tasks import amounts


@pytest.mark.parametrize(
    ("microusd", "said"),
    [
        (0, "$0.00"),
        (1, "$0.000001"),
        (312, "$0.000312"),
        (39_000, "$0.039"),
        (40_000, "$0.04"),
        (200_000, "$0.20"),
        (1_234_500_000, "$1,234.50"),
        (1_000_001, "$1.000001"),
    ],
)
def test_a_list_adds_up(microusd: int, said: str) -> None:
    assert amounts.exact_dollars(microusd) == said


@pytest.mark.parametrize(
    ("microusd", "said"),
    [
        (0, "$0.00"),
        (1_500, "$0.0015"),
        (39_000, "$0.039"),
        (999_999, "$0.999999"),
        (1_000_000, "$1.00"),
        (1_000_001, "$1.00"),
        (1_234_567, "$1.23"),
    ],
)
def test_a_sentence_says_cents_where_cents_suffice(microusd: int, said: str) -> None:
    assert amounts.dollars(microusd) == said


@pytest.mark.parametrize(
    ("microusd", "said"),
    [(0, "$0.00"), (7, "$0.000007"), (5_294, "$0.00529"), (340_348, "$0.34"), (195_000, "$0.195")],
)
def test_estimates_are_as_coarse_as_they_are_sure(microusd: int, said: str) -> None:
    assert amounts.rough_dollars(microusd) == said


@pytest.mark.parametrize(
    ("microusd", "cents", "about"),
    [
        (0, "<1¢", "less than a cent"),
        (9_999, "<1¢", "less than a cent"),
        (10_000, "$0.01", "about $0.01"),
        (39_000, "$0.04", "about $0.04"),
        (1_234_500_000, "$1,234.50", "about $1,234.50"),
    ],
)
def test_charts_and_labels_say_cents(microusd: int, cents: str, about: str) -> None:
    assert (amounts.cent_dollars(microusd), amounts.about_dollars(microusd)) == (cents, about)


@pytest.mark.parametrize(
    ("microusd", "said"), [(0, "0.00"), (1, "0.01"), (10_000, "0.01"), (10_001, "0.02"), (69_500, "0.07")]
)
def test_a_limit_is_enough(microusd: int, said: str) -> None:
    assert amounts.enough_dollars(microusd) == said


@pytest.mark.parametrize(
    ("dollars", "micro"),
    [(None, None), (0, 0), (0.01, 10_000), (2.5, 2_500_000), (0.0000004, 0), (0.29, 290_000)],
)
def test_what_people_set_is_counted_in_micro_dollars(dollars: float | None, micro: int | None) -> None:
    assert amounts.microusd(dollars) == micro
