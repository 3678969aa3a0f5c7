"""What a character of a batch asks of the record: it is most of what a batch costs this machine."""

from collections import Counter

import pytest
from sqlalchemy import event

from db.rate_limit import RateLimit
from flows.batch_work import Worked, work_on
from tasks.ledger import rate_limit
from tasks.runtime import Runtime
from tests.flows.test_batch_chunks import some_batch

CHARACTERS = 4
# Each is a promise of its own. Of the two paid calls: the claim, the slot, "it leaves", the last look, the
# answer, what it says of the provider, the bytes; the profile, the prompt, the picture; each change of
# status; where the character's item is at; the steps that are told as they begin. (26.5; it was 36.5.)
WRITES = 28
# Run, hold, consent and budget are read again before each request, and before each step what is there
# already. (151; it was 239, with the clock's anchor and a price that nobody had a cap for.)
STATEMENTS = 160


async def test_a_character_of_a_batch_asks_only_so_much_of_the_record(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "rate_limit_of", lambda _provider: RateLimit(100_000, 1_000))
    batch_id = some_batch(runtime, CHARACTERS, size=CHARACTERS, at_once=1)
    sent: Counter[str] = Counter()

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent[statement if statement.startswith("BEGIN") else "others"] += 1

    event.listen(runtime.record.engine, "before_cursor_execute", note)
    assert await work_on(batch_id) is Worked.DONE
    event.remove(runtime.record.engine, "before_cursor_execute", note)
    assert sent["BEGIN IMMEDIATE"] / CHARACTERS <= WRITES
    assert 100 < sent["others"] / CHARACTERS <= STATEMENTS
