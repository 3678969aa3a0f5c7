"""Where the store keeps what is said of a piece of paid work: keys that follow from the work key alone."""

RECEIPTS = "receipts/"


def receipt_key(work_key: str) -> str:
    """Where the receipt of this work is kept. That of a look holds the profile: erasing takes it along."""
    return f"{RECEIPTS}{work_key[:2]}/{work_key}.json"


def sent_key(work_key: str) -> str:
    """Where it stands that this work was sent for."""
    return f"{RECEIPTS}{work_key[:2]}/{work_key}.sent.json"


def work_of_key(key: str) -> str:
    """The work key that such a key is of."""
    return key.rpartition("/")[2].partition(".")[0]
