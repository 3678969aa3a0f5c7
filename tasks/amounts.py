"""Amounts of money: integer micro-dollars (millionths) in the code, dollars where people read and set them.

Each way of writing an amount is here and nowhere else.
"""

_MICRO = 1_000_000
_CENT = 10_000


def microusd(dollars: float | None) -> int | None:
    """Dollars, as people set them, in micro-dollars; None stays None."""
    return None if dollars is None else round(dollars * _MICRO)


def exact_dollars(microusd: int) -> str:
    """To the last micro-dollar, so that a list adds up, and in cents at least: "$0.20", "$0.000312"."""
    whole, rest = divmod(microusd, _MICRO)
    return f"${whole:,}.{f'{rest:06}'.rstrip('0').ljust(2, '0')}"


def dollars(microusd: int) -> str:
    """For a sentence: exact below a dollar, in cents from there on: "$0.039", "$1.23"."""
    return exact_dollars(microusd) if microusd < _MICRO else f"${microusd / _MICRO:.2f}"


def rough_dollars(microusd: int) -> str:
    """An estimate for a sentence: no more than three digits that count."""
    return dollars(round(microusd, 3 - len(str(microusd))))


def cent_dollars(microusd: int) -> str:
    """To the cent, for charts: "$0.20", "<1¢"."""
    return f"${microusd / _MICRO:,.2f}" if microusd >= _CENT else "<1¢"


def about_dollars(microusd: int) -> str:
    """An estimate for a label, as coarse as it is: "about $0.20", "less than a cent"."""
    return f"about {cent_dollars(microusd)}" if microusd >= _CENT else "less than a cent"


def enough_dollars(microusd: int) -> str:
    """The least whole cents that cover it, without a sign, to be set as a limit: "0.07"."""
    return f"{-(-microusd // _CENT) / 100:.2f}"
