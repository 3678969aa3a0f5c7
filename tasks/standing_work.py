"""Which work a picture is, where the words of its prompt or the favourite may have changed since it was asked
for: a picture that stands for a style, a framing and a number is found, and not bought again.

Its work key holds the version of the prompt's template, and the drawing that went along as a reference. Both
change without anybody asking for another picture: with an upgrade, and when another favourite is picked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from db.engine import Session
from db.repositories import calls, images, prompts
from tasks.ledger.standing import stands
from tasks.picture_options import RESOLUTION
from tasks.providers.protocols import Store
from tasks.storage.receipts import find_sent
from tasks.styles.prompt import EARLIER_TEMPLATES

REFERENCE = "reference"  # in a prompt's parameters: the SHA-256 of the approved drawing that goes along


@dataclass(frozen=True)
class AskedWith:
    """What a picture is asked with and what may be another the next time: no choice for this picture."""

    template: str
    model: str
    reference: str | None = None
    resolution: str | None = None  # not the least, which every picture has
    profile: str | None = None  # the digest of an earlier version of the profile; None is today's

    @property
    def parameters(self) -> dict[str, str]:
        """What of it stands in a prompt's parameters, and so in the work key."""
        told = {REFERENCE: self.reference, RESOLUTION: self.resolution}
        return {name: value for name, value in told.items() if value}


KeyOf = Callable[[AskedWith], str]


def as_it_stands(
    session: Session,
    *,
    character_id: str,
    style: str,
    now: AskedWith,
    models: Sequence[str],
    key_of: KeyOf,
    corrected: Sequence[str] = (),
) -> AskedWith | None:
    """With what the picture was asked for that is on record, whoever it was asked for; None if there is none.

    `key_of` gives the work key of the picture asked for in one way or another, `models` are the provider's,
    those it had before included. Where no resolution is asked for, a picture of any will do.

    `corrected` are the digests that the profile had before a correction. A number that was drawn, or may have
    been bought, from one of them stands: who asks for all that was ordered once more buys nothing. What is to
    be drawn from the correction is asked for under the next number ("another"), under which nothing stands.
    Only this character's own: what another of the same photo had drawn from it shows what was corrected here.
    """
    earlier = [
        AskedWith(template, now.model, parameters.get(REFERENCE), parameters.get(RESOLUTION))
        for template, parameters in prompts.asked_with(session, character_id, style)
    ]
    will_do = [each for each in earlier if now.resolution in (None, each.resolution)]
    wanted = dict.fromkeys((now, *will_do, *_plain(now)))
    every = [replace(each, model=model) for model in models for each in wanted]
    before = [replace(each, profile=digest) for digest in corrected for each in every]
    for each in every + before:
        key = key_of(each)
        if images.find(session, character_id=character_id, work_key=key):
            return each
        if stands(session, key) and (each.profile is None or _is_own(session, character_id, key)):
            return each
    return None


def as_it_was_sent(
    store: Store, *, references: Iterable[str], now: AskedWith, key_of: KeyOf
) -> AskedWith | None:
    """The same by the notes of what has left, for a record that was restored to an earlier hour: without a
    reference, or with one of the character's own pictures (`references`, their digests). Raises StoreError.
    """
    with_one = [replace(each, reference=sha256) for sha256 in references for each in _plain(now)]
    possible = [now, *_plain(now), *with_one]
    return next((each for each in dict.fromkeys(possible) if find_sent(store, key_of(each))), None)


def _is_own(session: Session, character_id: str, key: str) -> bool:
    call = calls.by_work_key(session, key)
    return call is not None and call.character_id == character_id


def _plain(now: AskedWith) -> list[AskedWith]:
    """Without a reference, in today's words and in earlier ones: of another character with the same photo."""
    return [replace(now, template=each, reference=None) for each in (now.template, *EARLIER_TEMPLATES)]
