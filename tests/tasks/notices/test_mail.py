"""Notices by mail, to a real mail server that wants STARTTLS and an account."""

import smtplib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.engine import Record
from db.lifecycle import move
from db.models import CharacterStatus, NoticeDelivery, NoticeKind
from db.repositories import notices
from tasks.notices.delivery import Delivered, deliver
from tasks.notices.mail import GATHERS_SECONDS, MailChannel, cut_off
from tasks.notices.settings import NoticeSettings
from tests.support.certificates import Certificate, make_certificate
from tests.support.mail_server import ACCOUNT, MailServer, mail_server
from tests.support.records import fresh_record
from tests.support.rows import a_character
from tests.tasks.notices.test_delivery import later

NAME = "Wilhelmina"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    made = Record(fresh_record(tmp_path / "record.db"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server(certificate: Certificate) -> Iterator[MailServer]:
    with mail_server(certificate) as running:
        yield running


def by_mail(server: MailServer, certificate: Certificate, password: str = ACCOUNT[1]) -> MailChannel:
    chosen: dict[str, Any] = {
        "STORYKIN_NOTICE_MAIL_TO": "ops@example.org, lead@example.org",
        "STORYKIN_NOTICE_MAIL_FROM": "storykin@example.org",
        "STORYKIN_SMTP_HOST": "localhost",
        "STORYKIN_SMTP_PORT": server.port,
        "STORYKIN_SMTP_USER": ACCOUNT[0],
        "STORYKIN_SMTP_PASSWORD": password,
    }
    settings = NoticeSettings(**chosen)
    return MailChannel(settings, trust=certificate.client_context())


def fail_one(record: Record) -> str:
    with record.writing() as session:
        character = a_character(session, NAME)
        move(session, character, CharacterStatus.QUEUED)
        move(session, character, CharacterStatus.FAILED, reason="call_failed", sentence=f"{NAME} failed.")
        return character.id


def test_what_comes_within_a_minute_is_one_mail_to_everybody(
    record: Record, server: MailServer, certificate: Certificate
) -> None:
    ids = [fail_one(record), fail_one(record)]
    way = by_mail(server, certificate)
    assert deliver(record, [way]) == Delivered()  # it waits for company
    ids.append(fail_one(record))
    deliver(record, [way])
    later(record, GATHERS_SECONDS)
    assert deliver(record, [way]).sent == 3
    (mail,) = server.received
    assert server.recipients == [["ops@example.org", "lead@example.org"]]
    assert mail["Subject"].endswith("failed, and 2 more") and mail["From"] == "storykin@example.org"
    text = mail.get_content()
    assert all(f"/studio/character?id={each}" in text for each in ids)
    assert NAME not in mail.as_string()


def test_what_is_ready_is_mailed_only_where_that_is_asked_for(
    record: Record, server: MailServer, certificate: Certificate
) -> None:
    way = by_mail(server, certificate)
    assert not way.takes(NoticeKind.CHARACTER_READY) and way.takes(NoticeKind.BATCH_DONE)


def test_a_server_that_refuses_the_account_is_asked_again(
    record: Record, server: MailServer, certificate: Certificate
) -> None:
    with record.writing() as session:
        notices.tell(session, NoticeKind.TEST, once="1")
    deliver(record, [by_mail(server, certificate, "wrong")])
    later(record, GATHERS_SECONDS)
    assert deliver(record, [by_mail(server, certificate, "wrong")]).failed == 1
    with record.reading() as session:
        assert session.scalars(select(NoticeDelivery.error)).one() == "The mail server answered with 535."
    later(record, 3600)
    assert deliver(record, [by_mail(server, certificate)]).sent == 1
    assert len(server.received) == 1


def test_a_session_that_takes_too_long_loses_its_connection() -> None:
    ours, theirs = socket.socketpair()
    server = smtplib.SMTP(timeout=60)
    server.sock = ours
    with ours, theirs, cut_off(server, 0.05):
        assert ours.recv(1) == b""  # it ended, and not by its own timeout


def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    record: Record, server: MailServer, certificate: Certificate
) -> None:
    with record.writing() as session:
        notices.tell(session, NoticeKind.TEST, once="1")
    way = by_mail(server, certificate)
    way._trust = None
    deliver(record, [way])
    later(record, GATHERS_SECONDS)
    assert deliver(record, [way]).failed == 1
    with record.reading() as session:
        (delivery,) = session.scalars(select(NoticeDelivery))
    assert delivery.error == "No answer (SSLCertVerificationError)." and server.received == []
