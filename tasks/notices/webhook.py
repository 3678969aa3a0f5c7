"""A notice posted to an address of the administrator's own, signed by the Standard Webhooks specification."""

import json
import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from db.told import told
from tasks.notices.outcome import Message, NotHandedOver
from tasks.notices.settings import Webhook, is_among
from tasks.notices.signature import headers_of
from tasks.providers.http.bounded_client import BoundedClient
from tasks.providers.http.public_addresses import is_cloud_internal
from tasks.providers.http.retry_after import retry_after_seconds
from tasks.proxies import proxy_for

TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # the whole exchange: twice a read, 20 seconds
GONE = 410  # by the specification: the receiver wants no more


class WebhookChannel:
    """Posts one notice at a time. What it answers is not read, but for its status."""

    at_once = 1
    waits_seconds = 0.0

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook
        self.name = f"webhook:{webhook.name}"

    def takes(self, kind: str) -> bool:
        """Whether notices of this kind are posted."""
        return is_among(kind, self._webhook.kinds)

    def send(self, messages: list[Message], timestamp: int) -> NotHandedOver | None:
        """Post it. A redirect is not followed: the address is what the administrator set."""
        (message,) = messages
        body = body_of(message)
        headers = headers_of(self._webhook.secret.get_secret_value(), message.id, timestamp, body)
        refusal = _refusal(self._webhook.url)
        if refusal is not None:
            return refusal
        try:
            with BoundedClient(timeout=TIMEOUT) as client:
                answer = client.post(
                    self._webhook.url,
                    content=body,
                    headers={**headers, "content-type": "application/json", "user-agent": "Storykin"},
                )
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            return NotHandedOver(told("No answer (%(why)s).", why=type(error).__name__))
        if answer.is_success:
            return None
        return NotHandedOver(
            told("It answered with %(status)s.", status=answer.status_code),
            for_good=answer.status_code == GONE,
            wait_seconds=retry_after_seconds(answer.headers) or 0.0,
        )


def body_of(message: Message) -> bytes:
    """The body: type, timestamp and data, as the specification has them; the same bytes in every attempt."""
    data = {
        **message.data,
        "order_number": message.order_number or None,
        "title": message.words.title,
        "text": message.words.sentence,
        "link": message.link,
    }
    document = {"type": message.kind, "timestamp": message.at, "data": data}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _refusal(url: str) -> NotHandedOver | None:
    """Keep a name from leading to where only this machine's cloud listens, or in the clear off this machine.

    Other private addresses are the administrator's to name. By https the certificate holds the name; a
    proxy looks it up itself.
    """
    place = urlsplit(url)
    if proxy_for(url) is not None:
        return None
    try:
        found = socket.getaddrinfo(place.hostname, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return NotHandedOver(told("Its name has no address right now."))
    addresses = {str(each[4][0]) for each in found}
    if any(is_cloud_internal(each) for each in addresses):
        return NotHandedOver(told("Its name leads to an address that is closed to notices."))
    if place.scheme != "https" and not all(ip_address(each).is_loopback for each in addresses):
        return NotHandedOver(told("Its address is not https, and leads off this machine."))
    return None
