"""Webhooks: signed as Replicate signs, tried again, and wrong in every way they can be told to be."""

import httpx
import pytest
from replicate.webhook import InvalidSignatureError, InvalidTimestampError, Webhooks, WebhookSigningSecret

from tests.support.rehearsal import Rehearsal
from tests.support.waiting import until
from tests.support.webhook_receiver import Received, WebhookReceiver
from tests.ui.rehearsal.asking import a_hook, ended, made

EVENTS = ["start", "completed"]


def validate(cloud: Rehearsal, letter: Received) -> None:
    """The SDK's own check, as strict as it can be."""
    secret = WebhookSigningSecret(key=cloud.webhook_secret)
    Webhooks.validate(headers=letter.headers, body=letter.body, secret=secret, tolerance=300)


def watched(client: httpx.Client, receiver: WebhookReceiver, count: int) -> list[Received]:
    """The webhooks of a new prediction, once there are so many."""
    hook, _ = a_hook(receiver.url)
    made(client, webhook=hook, webhook_events_filter=EVENTS)
    until(lambda: len(receiver.received) >= count, f"{count} webhooks")
    return list(receiver.received)


def test_start_and_end_are_told_in_order_and_signed(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    start, end = watched(client, receiver, 2)
    for letter in (start, end):
        validate(cloud, letter)
        assert letter.path.startswith("/hooks/replicate/")
    assert (start.json["status"], end.json["status"]) == ("starting", "succeeded")
    assert start.headers["webhook-id"] != end.headers["webhook-id"]
    assert httpx.get(end.json["output"]).status_code == 200


def test_only_the_events_that_were_asked_for_are_told(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    done = made(client, webhook=a_hook(receiver.url)[0], webhook_events_filter=["completed"])
    ended(client, done["id"])
    until(lambda: receiver.received, "a webhook")
    assert receiver.statuses() == ["succeeded"]


def test_the_secret_can_be_asked_for(client: httpx.Client, cloud: Rehearsal) -> None:
    assert client.get("/v1/webhooks/default/secret").json() == {"key": cloud.webhook_secret}


def test_one_that_is_not_taken_comes_again_with_the_same_id_and_bytes(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    receiver.answers = [200, 503, 200]
    _, first, again = watched(client, receiver, 3)
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert first.body == again.body
    validate(cloud, again)


def test_doubled_ones_are_the_same_to_the_letter(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    cloud.fault("webhook_twice")
    letters = watched(client, receiver, 4)
    assert [each.json["status"] for each in letters] == ["starting", "starting", "succeeded", "succeeded"]
    assert letters[2].headers["webhook-id"] == letters[3].headers["webhook-id"]


def test_the_end_may_be_told_before_the_start(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    cloud.fault("webhook_reordered")
    watched(client, receiver, 2)
    assert receiver.statuses() == ["succeeded", "starting"]


def test_a_forged_one_comes_before_each_and_does_not_verify(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    cloud.fault("webhook_forged")
    letters = watched(client, receiver, 4)
    assert [each.json["status"] for each in letters] == ["failed", "starting", "failed", "succeeded"]
    for forged in letters[::2]:
        with pytest.raises(InvalidSignatureError):
            validate(cloud, forged)
    for true in letters[1::2]:
        validate(cloud, true)


def test_a_stale_one_is_truly_signed_and_too_old(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    cloud.fault("webhook_stale")
    for letter in watched(client, receiver, 2):
        with pytest.raises(InvalidTimestampError):
            validate(cloud, letter)


def test_none_may_come_at_all(client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver) -> None:
    cloud.fault("webhook_never")
    hook, _ = a_hook(receiver.url)
    silent = made(client, webhook=hook, webhook_events_filter=EVENTS)
    ended(client, silent["id"])
    spoken = made(client, webhook=hook, webhook_events_filter=EVENTS)
    until(lambda: len(receiver.received) == 2, "the webhooks of the next prediction")
    assert {each.json["id"] for each in receiver.received} == {spoken["id"]}


def test_a_webhook_that_was_taken_tells_the_end(
    client: httpx.Client, cloud: Rehearsal, receiver: WebhookReceiver
) -> None:
    _, end = watched(client, receiver, 2)
    until(lambda: cloud.usage.entries[end.json["id"]].told, "the telling to be booked")
