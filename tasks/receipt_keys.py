"""Where the store keeps the receipt of a piece of work: a key that follows from the work key alone."""

RECEIPTS = "receipts/"


def receipt_key(work_key: str) -> str:
    """Where the receipt of this work is kept. That of a look holds the profile: erasing takes it along."""
    return f"{RECEIPTS}{work_key[:2]}/{work_key}.json"
