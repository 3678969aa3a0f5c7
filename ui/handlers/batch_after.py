"""Old beside new after a batch, and which of the two a person takes."""

from collections.abc import Mapping
from typing import Any

from tasks.batch.afterwards import Choice, count_open, count_pairs, pairs_of, settle_all, settle_pair
from tasks.errors import UsageError
from ui.acting import acting_id
from ui.services import StudioServices
from ui.views.batch_after import AfterPage, BesideShown, decided_sentence

SHOWN = 24
WIDTH = 480  # pixels


def after_page(
    services: StudioServices, batch_id: str, *, after: str = "", said: str = "", decided: str = ""
) -> AfterPage:
    """A page of pairs, from after that item on. NotFound."""
    found = pairs_of(services.runtime, batch_id=batch_id, after_item=after, limit=SHOWN)
    links = services.links
    return AfterPage(
        batch_id=batch_id,
        total=count_pairs(services.runtime, batch_id=batch_id),
        left=count_open(services.runtime, batch_id=batch_id),
        pairs=tuple(
            BesideShown(each, links.scaled(each.old.sha256, WIDTH), links.scaled(each.new.sha256, WIDTH))
            for each in found.pairs
        ),
        here=after,
        further=found.further,
        said=said,
        decided=decided,
    )


def decide_after(services: StudioServices, batch_id: str, sent: Mapping[str, Any]) -> AfterPage:
    """Decide one pair (`item`), or all; then the page anew. UsageError, NotFound, Conflict, IllegalStep."""
    choice, item, here = (str(sent.get(name) or "") for name in ("act", "item", "here"))
    scope, _colon, wanted = choice.partition(":")
    if wanted not in set(Choice) or scope not in ("one", "all"):
        raise UsageError("There is no such decision.", code="usage")
    runtime, by = services.runtime, acting_id()
    if scope == "all":
        done = settle_all(runtime, batch_id=batch_id, choice=Choice(wanted), by=by)
    else:
        done = settle_pair(runtime, batch_id=batch_id, item_id=item, choice=Choice(wanted), by=by)
    decided = item if scope == "one" else ""
    return after_page(services, batch_id, after=here, said=decided_sentence(done), decided=decided)
