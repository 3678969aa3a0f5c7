"""The settings of one rehearsal."""

import base64
import secrets
from dataclasses import dataclass, field
from pathlib import Path


def new_webhook_secret() -> str:
    """A signing secret in the form that Replicate's have."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"


@dataclass(frozen=True)
class RehearsalSettings:
    """Settings of one rehearsal, which listens on the loopback interface only."""

    books: Path  # the usage log's file
    draws: str = "replicate"  # the provider of pictures that it announces; it stands in for all of them
    port: int = 0  # 0 takes any free one
    quick: bool = False  # flat pictures at once, instead of the local engine's
    pace_seconds: float = 0.0  # a prediction takes at least this long
    output_seconds: float = 3600.0  # a finished picture's address lives this long
    data_seconds: float = 3600.0  # a prediction's input and output are forgotten after this
    longest_seconds: float = 1800.0  # a prediction without Cancel-After is ended after this
    kept_bytes: int = 256 * 1024 * 1024  # finished pictures held in memory, at most
    webhook_secret: str = field(default_factory=new_webhook_secret, repr=False)
    webhook_delays: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)  # before each further try
    trusted: Path | None = None  # a PEM file of certificates beside the system's own
