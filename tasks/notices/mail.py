"""Notices by mail: those of a minute in one message, so that a hundred runs are not a hundred mails."""

import hashlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.utils import formatdate

from db.log import Log
from db.told import told
from tasks.notices.outcome import Message, NotHandedOver
from tasks.notices.settings import NoticeSettings, is_among

log = Log("notices")

SECONDS = 20.0  # that the mail server may take to answer a command
SECONDS_IN_ALL = 45.0  # below the first back-off: while one still sends, it is due for nobody else
MOST_AT_ONCE = 200
GATHERS_SECONDS = 60.0


class MailChannel:
    """Hands messages to the mail server that is set, by an encrypted way unless it is on this machine."""

    name = "mail"
    at_once = MOST_AT_ONCE
    waits_seconds = GATHERS_SECONDS

    def __init__(self, settings: NoticeSettings, trust: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._trust = trust

    def takes(self, kind: str) -> bool:
        """Whether notices of this kind are mailed."""
        return is_among(kind, self._settings.mailed)

    def send(self, messages: list[Message], timestamp: int) -> NotHandedOver | None:
        """One mail to everybody who is set. Whom the server takes has it; the others are logged."""
        try:
            mail = compose(messages, self._settings.sender, self._settings.recipients, timestamp)
            refused = self._hand_over(mail)
        except smtplib.SMTPResponseException as error:
            return NotHandedOver(told("The mail server answered with %(code)s.", code=error.smtp_code))
        except smtplib.SMTPRecipientsRefused:
            return NotHandedOver(told("The mail server takes mail for none of the addresses."))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return NotHandedOver(told("No answer (%(why)s).", why=type(error).__name__))
        if refused:
            log.warning("the mail server refused some recipients", count=refused)
        return None

    def _hand_over(self, mail: EmailMessage) -> int:
        chosen = self._settings
        place = (chosen.smtp_host, chosen.smtp_port)
        if chosen.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=SECONDS, context=self._context())
        else:
            server = smtplib.SMTP(timeout=SECONDS)
        with server, cut_off(server, SECONDS_IN_ALL) as until:
            server._host = chosen.smtp_host  # type: ignore[attr-defined] # connect() leaves it out, TLS asks for it
            server.connect(*place)
            if time.monotonic() >= until:  # there was no connection yet that could have been cut off
                raise TimeoutError
            if chosen.smtp_tls == "starttls":
                server.starttls(context=self._context())
            if chosen.smtp_user:
                server.login(chosen.smtp_user, chosen.smtp_password.get_secret_value())
            return len(server.send_message(mail))

    def _context(self) -> ssl.SSLContext:
        return self._trust or ssl.create_default_context()


@contextmanager
def cut_off(server: smtplib.SMTP, seconds: float) -> Iterator[float]:
    """Meanwhile a session that takes longer than this loses its connection, however often the server says a
    little. Yields when, as time.monotonic has it.
    """

    def end() -> None:
        with suppress(AttributeError, OSError):  # there is none (yet), or it is closed already
            server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    until = time.monotonic() + seconds
    timer.start()
    try:
        yield until
    finally:
        timer.cancel()


def compose(
    messages: list[Message], sender: str, recipients: tuple[str, ...], timestamp: int
) -> EmailMessage:
    """One mail for these notices; the same notices have the same Message-ID, however often they are sent."""
    mail = EmailMessage()
    first = messages[0].words.title
    more = len(messages) - 1
    mail["Subject"] = f"Storykin: {first}" if not more else f"Storykin: {first}, and {more} more"
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = formatdate(timestamp)
    digest = hashlib.sha256(" ".join(sorted(each.id for each in messages)).encode()).hexdigest()[:32]
    mail["Message-ID"] = f"<{digest}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
    mail.set_content("\n".join(_paragraph(each) for each in messages))
    return mail


def _paragraph(message: Message) -> str:
    lines = (f"{message.words.title}.", message.words.sentence, message.link, message.at)
    return "\n".join(line for line in lines if line) + "\n"
