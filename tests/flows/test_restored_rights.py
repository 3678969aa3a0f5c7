"""A database that is restored from before brings back no right and no consent that was ended since."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from db.engine import Record
from db.models import Consent, ConsentRole, LinkEnd, LinkPurpose, Role
from db.repositories import accounts, characters, clock, customer_links, support_links
from flows.erasure import go_on_with_erasures
from tasks.accounts.tokens import add_token
from tasks.accounts.tokens import find as find_token
from tasks.backup.make import back_up
from tasks.backup.restore import generation_at, restore
from tasks.backup.settings import backup_settings
from tasks.backup.source import Source
from tasks.backup.target import target_at
from tasks.backup.vault import open_vault
from tasks.consent.again import withdraw_again
from tasks.consent.notes import read_notes
from tasks.consent.record import give_consent, withdraw_consent
from tasks.consent.rules import ConsentWithdrawn
from tasks.consent.rules import standing as consent_of
from tasks.create_character import create_character
from tasks.errors import StoreError
from tasks.intake.normalize import NormalizedPhoto
from tasks.providers.protocols import Photo
from tasks.providers.store.disk import DiskStore
from tasks.runtime import Runtime
from tests.support.providers import a_picture


def a_character(runtime: Runtime, shade: int) -> str:
    data = a_picture((shade, 90, 90))
    photo = Photo(data=data, sha256=hashlib.sha256(data).hexdigest(), width=82, height=102)
    normalized = NormalizedPhoto(photo=photo, faces=1, warnings=[])
    return create_character(runtime, photo=normalized, name=f"No {shade}", gender="girl", consent=True)


@pytest.mark.parametrize("store", ["survives", "is restored too"])
def test_a_backup_from_before_brings_back_no_right_that_was_ended_since(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str
) -> None:
    place = tmp_path / "backup"
    monkeypatch.setenv("STORYKIN_BACKUP_TO", str(place))
    backup_settings.cache_clear()
    try:
        withdrawn, anew, stays = (a_character(runtime, each) for each in (10, 40, 70))
        with runtime.record.writing() as session:
            accounts.add(session, email="a@example.org", name="A", role=Role.OPERATOR, password_hash=None)
            link = customer_links.add(
                session,
                character_id=stays,
                purpose=LinkPurpose.PROOF,
                token_hash="0" * 64,
                image_ids=[],
                asks={},
                changes_left=1,
                expires_at=clock.steady(session) + timedelta(days=9),
                made_by=None,
            )
            link_id = link.id
            support_links.add(
                session,
                character_id=stays,
                token_sha256="1" * 64,
                expires_at=clock.steady(session) + timedelta(days=9),
                made_by=None,
            )
        token, _ = add_token(runtime.record, email="a@example.org", name="shop", by=None, via="x")
        back_up(Source(runtime.record.url, runtime.store), target_at(str(place)), phrase="")
        withdraw_consent(runtime, character_id=withdrawn, by=None)
        withdraw_consent(runtime, character_id=anew, by=None)
        give_consent(runtime, character_id=anew, processors=(), by=None, role=ConsentRole.CUSTOMER)
        assert go_on_with_erasures(runtime) == 0
        new = tmp_path / "new"
        kept = (
            runtime.store if store == "survives" else DiskStore(new / "s", "http://127.0.0.1:7860", b"s" * 32)
        )
        into = Source(f"sqlite:///{new / 'record.db'}", kept)
        new.mkdir()
        vault = open_vault(target_at(str(place)), "")
        report = restore(vault, generation_at(vault, None), into)
    finally:
        backup_settings.cache_clear()
    assert (report.reopened.links, report.reopened.forgotten["api_tokens"]) == (1, 1)
    restored = replace(runtime, record=Record(into.url), store=into.store)
    assert (withdraw_again(restored), withdraw_again(restored)) == (2, 0)
    assert find_token(restored.record, token) is None
    with restored.record.reading() as session:
        assert consent_of(session, stays) is not None
        for each in (withdrawn, anew):  # what was given anew is not in this database: nobody knows its words
            with pytest.raises(ConsentWithdrawn):
                consent_of(session, each)
        (ended,) = customer_links.of_character(session, stays)
        assert (ended.id, ended.ended) == (link_id, LinkEnd.WITHDRAWN)
        assert support_links.of_character(session, stays) == []
        assert "customer:waiting" not in characters.get(session, stays).facets
    restored.record.close()
    assert withdraw_again(runtime) == 0  # here it was given anew
    with runtime.record.reading() as session:
        assert consent_of(session, anew) is not None


def test_a_consent_from_before_there_were_records_stays_withdrawn(runtime: Runtime, tmp_path: Path) -> None:
    character_id = a_character(runtime, 10)
    with runtime.record.writing() as session:
        session.execute(delete(Consent))
    with closing(sqlite3.connect(tmp_path / "record.db")) as now:
        now.execute("VACUUM INTO ?", (str(tmp_path / "before.db"),))
    withdraw_consent(runtime, character_id=character_id, by=None)
    restored = replace(runtime, record=Record(f"sqlite:///{tmp_path / 'before.db'}"))
    assert (withdraw_again(restored), withdraw_again(restored)) == (1, 0)
    with restored.record.reading() as session, pytest.raises(ConsentWithdrawn):
        consent_of(session, character_id)
    restored.record.close()


def test_a_withdrawal_waits_for_no_store_and_is_noted_when_that_is_back(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreError("The store does not answer.")

    character_id = a_character(runtime, 10)
    with monkeypatch.context() as patched:
        patched.setattr("tasks.consent.record.write_note", away)
        withdraw_consent(runtime, character_id=character_id, by=None)
    assert list(read_notes(runtime.store)) == []
    go_on_with_erasures(runtime)
    assert [each.character_id for each in read_notes(runtime.store)] == [character_id]
