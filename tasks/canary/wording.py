"""In which wording a canary's picture was asked for: whether we ask in other words, or the model has drifted.

The words of a prompt depend on the look at the photo, too, and another look is what a canary is to find. So
each earlier look is put into words once more, by the code of today: where that gives the words of then, ours
have not changed, whatever is asked for now. A wording is named by the digest of the first request made in it.
"""

from collections.abc import Iterator

from db.engine import Session
from db.repositories import calls, canaries
from tasks.canary.fixed_set import HISTORY, digest_of_request, request_for, work_key
from tasks.profile import Profile
from tasks.providers.protocols import Photo
from tasks.runtime import Runtime


def worded(runtime: Runtime, canary_id: str, photo: Photo, profile: Profile, style: str) -> dict[str, str]:
    """For the measure of a picture: `prompt`, the digest of what is asked for, and `wording`, whose words."""
    prompt = digest_of_request(request_for(photo, profile, style))
    with runtime.record.reading() as session:
        for said, wording, look in _earlier(session, canary_id, photo, style):
            if digest_of_request(request_for(photo, look, style)) == said:
                return {"prompt": prompt, "wording": wording}
    return {"prompt": prompt, "wording": prompt}


def _earlier(
    session: Session, canary_id: str, photo: Photo, style: str
) -> Iterator[tuple[str, str, Profile]]:
    """Of earlier canaries, the newest first: what was asked for of the photo, whose words, by what look."""
    for canary in canaries.before(session, canaries.get(session, canary_id), HISTORY):
        for each in canary.measures:
            if (each["photo"], each["style"]) != (photo.sha256, style) or "wording" not in each:
                continue
            look = calls.by_work_key(session, work_key(canary.id, photo, canary.vision_provider, "look"))
            if look is not None and look.result is not None:
                yield each["prompt"], each["wording"], Profile.model_validate(look.result["profile"])
