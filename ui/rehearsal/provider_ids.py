"""Ids and times in the format of each provider."""

import secrets
from datetime import datetime

_REPLICATE = "0123456789abcdefghjkmnpqrstvwxyz"


def prediction_id() -> str:
    """A random prediction id of 26 letters and digits, as Replicate makes them."""
    return "".join(secrets.choice(_REPLICATE) for _ in range(26))


def openai_id(kind: str) -> str:
    """A random id with OpenAI's prefix: `resp_…`, `msg_…`, `req_…` or `modr-…`."""
    joint = "-" if kind == "modr" else "_"
    return f"{kind}{joint}{secrets.token_hex(25 if kind in {'resp', 'msg', 'rs'} else 16)}"


def replicate_time(moment: datetime) -> str:
    """A UTC time as Replicate writes it: `2024-10-04T18:07:40.328Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
