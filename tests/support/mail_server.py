"""A mail server on this machine that keeps what it is given, by STARTTLS and for one account alone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.certificates import Certificate

ACCOUNT = ("storykin", "a-password")


@dataclass
class MailServer:
    port: int = 0
    refuses: set[str] = field(default_factory=set)  # recipients
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 nobody here is called so"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self.received.append(message_from_bytes(content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"


class _OnAnyPort(Controller):
    """It begins with a connection to itself, at the port that it got."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(certificate: Certificate) -> Iterator[MailServer]:
    def signed_in(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = LoginPassword(*(part.encode() for part in ACCOUNT))
        return AuthResult(success=data == right, handled=False)  # the server says so

    books = MailServer()
    controller = _OnAnyPort(
        books,
        hostname="localhost",
        port=0,
        tls_context=certificate.server_context(),
        require_starttls=True,
        auth_required=True,
        authenticator=signed_in,
    )
    controller.start()
    books.port = controller.port
    try:
        yield books
    finally:
        controller.stop()
