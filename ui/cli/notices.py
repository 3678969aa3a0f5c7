"""`storykin notices`: what people are told of, where it got to, and the ways out tried."""

from collections.abc import Sequence
from typing import Any

from db.engine import record
from db.models import NoticeKind
from db.record_state import require_current
from tasks.errors import UsageError
from tasks.notices import book
from tasks.notices.delivery import channels
from tasks.notices.signature import new_secret
from ui.cli.output import print_document

DONE, FAILED = 0, 1


def list_notices(limit: int, *, dead: bool, as_json: bool) -> int:
    """Print the newest notices, with each channel's state."""
    require_current()
    found = book.newest(record(), limit, dead=dead)
    if as_json:
        print_document({"notices": [_document(each) for each in found]})
        return DONE
    for each in found:
        print(f"{each.at:%Y-%m-%d %H:%M}  {each.kind:<26} {each.words.title}  ({each.notice_id})")
        for way in each.deliveries:
            why = f": {way.error}" if way.error else ""
            print(f"    {way.channel:<20} {way.state.value}, {way.attempts} attempts{why}")
    if not found:
        print("No notice was given up." if dead else "There is no notice yet.")
    return DONE


def kinds() -> int:
    """Print every kind."""
    print("\n".join(each.value for each in NoticeKind))
    return DONE


def test() -> int:
    """Send a test by each way; 1 if one of them failed. UsageError where none is set."""
    ways = channels()
    if not ways:
        raise UsageError(
            "No notice leaves the house: set STORYKIN_NOTICE_WEBHOOKS or STORYKIN_NOTICE_MAIL_TO.",
            code="no_channel",
        )
    outcomes = book.try_out(ways)
    for name, failure in outcomes.items():
        print(f"{name}: {failure.error if failure else 'arrived'}")
    return FAILED if any(outcomes.values()) else DONE


def retry(notice_ids: Sequence[str] | None) -> int:
    """Have what was given up tried again; the studio sends it within seconds, else housekeeping."""
    require_current()
    print(f"{book.try_again(record(), notice_ids)} deliveries are tried again.")
    return DONE


def secret() -> int:
    """Print a fresh secret."""
    print(new_secret())
    return DONE


def _document(each: book.NoticeView) -> dict[str, Any]:
    return {
        "id": each.notice_id,
        "type": each.kind,
        "at": each.at.isoformat(),
        "title": each.words.title,
        "text": each.words.sentence,
        "deliveries": [
            {
                "channel": way.channel,
                "state": way.state.value,
                "attempts": way.attempts,
                "error": way.error,
            }
            for way in each.deliveries
        ],
    }
