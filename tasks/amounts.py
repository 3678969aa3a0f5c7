"""Amounts of money as people read them, each way of writing one in this one place. All are micro-dollars."""


def dollars(microusd: int) -> str:
    """The amount as people read it: cents where cents suffice, to the last one below a dollar."""
    amount = microusd / 1_000_000
    return f"${amount:.2f}" if microusd == 0 or amount >= 1 else f"${amount:.6f}".rstrip("0").ljust(5, "0")


def rough_dollars(microusd: int) -> str:
    """An estimate as people read it: no more than three digits that count."""
    return dollars(round(microusd, 3 - len(str(microusd))))


def money_words(microusd: int | None) -> str:
    """Micro-dollars as dollars; "free" for nothing, "" when it is not known."""
    if microusd is None:
        return ""
    return f"${microusd / 1_000_000:.4f}" if microusd else "free"


def dollar_words(microusd: int) -> str:
    """Micro-dollars as dollars to the last one, so that a list adds up: "$0.20", "$0.000312"."""
    dollars, rest = divmod(microusd, 1_000_000)
    return f"${dollars:,}.{f'{rest:06}'.rstrip('0').ljust(2, '0')}"


def cent_words(microusd: int) -> str:
    """Micro-dollars to the cent, for charts: "$0.20", "<1¢"."""
    return f"${microusd / 1_000_000:,.2f}" if microusd >= 10_000 else "<1¢"


def about_words(microusd: int) -> str:
    """An estimate, as coarse as it is: "about $0.20", "less than a cent"."""
    return f"about ${microusd / 1_000_000:,.2f}" if microusd >= 10_000 else "less than a cent"
