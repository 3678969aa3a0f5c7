"""The rehearsal cloud, spoken to as its providers' clients would."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.rehearsal import (  # noqa: F401
    API_TOKEN,
    Rehearsal,
    rehearsal,
    running_rehearsal,
    session_rehearsal,
)
from tests.support.webhook_receiver import WebhookReceiver, webhook_receiver


@pytest.fixture
def cloud(running_rehearsal: Rehearsal) -> Rehearsal:  # noqa: F811
    return running_rehearsal


@pytest.fixture
def client(cloud: Rehearsal) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    with httpx.Client(base_url=cloud.url, headers=headers, trust_env=False, timeout=120) as talking:
        yield talking


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as taking:
        yield taking
