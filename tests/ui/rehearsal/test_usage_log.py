"""The bank's book: what it says stands, whatever happens to its program."""

import json
from pathlib import Path

import httpx
import pytest

from db.ids import new_id
from tasks.errors import UsageError
from tests.support.rehearsal import Rehearsal, rehearsing
from tests.ui.rehearsal.asking import ended, made
from ui.rehearsal.usage_log import Entry, UsageLog, read_usage


def an_entry(id: str, *, call_id: str | None = None, digest: str = "d") -> Entry:
    return Entry(
        id=id,
        at="2026-11-22T10:00:00+00:00",
        provider="replicate",
        operation="create",
        model="m",
        digest=digest,
        call_id=call_id,
    )


def test_the_book_tells_each_requests_story(tmp_path: Path) -> None:
    usage_log = UsageLog(tmp_path / "books.jsonl")
    usage_log.accept(an_entry("one", call_id="call"))
    usage_log.start("one", "photo")
    usage_log.finish("one", "succeeded", 39_000)
    usage_log.deliver("one")
    usage_log.mark_reported("one")
    usage_log.reject("create", 429)
    usage_log.close()
    usage = read_usage(tmp_path / "books.jsonl")
    entry = usage.entries["one"]
    assert (entry.outcome, entry.charge_microusd, entry.delivered, entry.told) == ("succeeded", 39_000, 1, 1)
    assert usage.summary() == usage_log.usage.summary()
    assert usage.summary()["turned_away"] == {"create 429": 1}
    assert entry.call_id == "call"


def test_a_call_billed_twice_is_named(tmp_path: Path) -> None:
    usage_log = UsageLog(tmp_path / "books.jsonl")
    for id in ("one", "two", "three"):
        usage_log.accept(an_entry(id, call_id="same" if id != "three" else "other"))
        usage_log.finish(id, "succeeded", 39_000)
    assert usage_log.usage.repeated_calls() == {"same": ["one", "two"]}
    usage_log.close()


def test_a_failed_attempt_before_a_paid_one_is_no_repetition(tmp_path: Path) -> None:
    usage_log = UsageLog(tmp_path / "books.jsonl")
    usage_log.accept(an_entry("one", call_id="same"))
    usage_log.finish("one", "failed/pa")
    usage_log.accept(an_entry("two", call_id="same"))
    usage_log.finish("two", "succeeded", 39_000)
    assert usage_log.usage.repeated_calls() == {}
    usage_log.close()


def test_a_line_torn_by_a_crash_is_unsaid_and_hurts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "books.jsonl"
    usage_log = UsageLog(path)
    usage_log.accept(an_entry("one"))
    usage_log.close()
    with path.open("ab") as file:
        file.write(b'{"what":"accepted","id":"to')
    assert list(read_usage(path).entries) == ["one"]
    usage_log = UsageLog(path)
    usage_log.accept(an_entry("three"))
    usage_log.close()
    assert list(read_usage(path).entries) == ["one", "three"]


def test_two_programs_never_keep_the_same_books(tmp_path: Path) -> None:
    usage_log = UsageLog(tmp_path / "books.jsonl")
    with pytest.raises(UsageError, match="Another rehearsal cloud"):
        UsageLog(tmp_path / "books.jsonl")
    usage_log.close()


def test_the_books_survive_kill_9_and_what_was_under_way_is_interrupted(tmp_path: Path) -> None:
    hook = f"http://127.0.0.1:9/hooks/replicate/{new_id()}"
    with rehearsing(tmp_path) as first, _client(first) as client:
        done = made(client, webhook=hook)
        ended(client, done["id"])
        first.fault("stuck")
        under_way = made(client)
        first.kill()
    usage = read_usage(tmp_path / "books.jsonl")
    assert usage.entries[done["id"]].billed
    assert usage.entries[done["id"]].call_id == hook.rpartition("/")[2]
    assert usage.entries[under_way["id"]].outcome is None
    with rehearsing(tmp_path) as second, _client(second) as client:
        then = client.get(f"/v1/predictions/{under_way['id']}").json()
        assert (then["status"], then["error"]) == (
            "failed",
            "Prediction interrupted; please retry (code: PA)",
        )
        before = client.get(f"/v1/predictions/{done['id']}").json()
        assert (before["status"], before["data_removed"], before["output"]) == ("succeeded", True, None)
        assert second.usage.summary()["open"] == 0


def test_no_photo_no_prompt_and_no_key_gets_into_books_or_logs(rehearsal: Rehearsal) -> None:
    with _client(rehearsal) as client:
        done = made(client)
        ended(client, done["id"])
    kept = rehearsal.books_file.read_text() + (rehearsal.books_file.parent / "rehearsal.log").read_text()
    for secret in ("base64", "Redraw", "r8_", "whsec_", "xezq"):
        assert secret not in kept
    assert sorted(path.name for path in rehearsal.books_file.parent.iterdir()) == [
        "books.jsonl",
        "rehearsal.log",
    ]
    assert all(json.loads(line) for line in rehearsal.books_file.read_text().splitlines() if line)


def _client(rehearsal: Rehearsal) -> httpx.Client:
    return httpx.Client(
        base_url=rehearsal.url, headers={"Authorization": "Bearer r8_rehearsal"}, trust_env=False, timeout=30
    )
