"""`storykin notices`: listed, tried out, tried again."""

import json
from pathlib import Path

import pytest

from db.engine import record
from db.models import DeliveryState, NoticeDelivery, NoticeKind
from db.repositories import clock, notices
from tasks.notices.settings import notice_settings
from tasks.notices.signature import key_of
from tests.support.webhook_receiver import webhook_receiver
from tests.ui.test_cli_working import told


def test_the_ways_are_tried_out_listed_and_tried_again(
    home: Path, migrated_record: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "storykin.db").write_bytes(migrated_record.read_bytes())
    status, secret, _ = told(capsys, "notices", "secret")
    assert status == 0 and len(key_of(secret.strip())) == 32
    assert "character.ready" in told(capsys, "notices", "kinds")[1].split()
    assert told(capsys, "notices", "test")[0] == 2  # nothing is set
    with webhook_receiver() as receiver:
        hook = {"name": "shop", "url": receiver.url, "secret": secret.strip()}
        monkeypatch.setenv("STORYKIN_NOTICE_WEBHOOKS", json.dumps([hook]))
        notice_settings.cache_clear()
        assert told(capsys, "notices", "test")[:2] == (0, "webhook:shop: arrived\n")
        receiver.answers = [500]
        assert told(capsys, "notices", "test")[:2] == (1, "webhook:shop: It answered with 500.\n")
        assert receiver.received[0].json["type"] == "test"
    notice_settings.cache_clear()
    assert "There is no notice yet." in told(capsys, "notices", "list")[1]
    with record().writing() as session:
        notices.tell(session, NoticeKind.BATCH_MISSED, once="x", hours=7)
        made = notices.newest(session, 1)[0].id
        session.add(
            NoticeDelivery(
                notice_id=made,
                channel="mail",
                state=DeliveryState.DEAD,
                next_at=clock.steady(session),
                error="It waited for too long.",
            )
        )
    listed = json.loads(told(capsys, "notices", "list", "--dead", "--json")[1])["notices"]
    assert [(each["id"], each["type"]) for each in listed] == [(made, "batch.missed")]
    assert "mail" in told(capsys, "notices", "list")[1]
    assert told(capsys, "notices", "retry", "nobody")[0] == 2
    assert told(capsys, "notices", "retry", made)[1] == "1 deliveries are tried again.\n"
    assert "No notice was given up." in told(capsys, "notices", "list", "--dead")[1]
