"""Which pictures of a character can be compared, by whom they were drawn, and which show two models."""

from collections.abc import Mapping, Sequence

from db.engine import Session
from db.models import GeneratedAsset, ProviderCall, Review
from db.repositories import calls
from db.repositories.images import Variant
from tasks.picture_options import framing_of
from ui.i18n import _
from ui.links import MediaLinks
from ui.views.detail import Comparable, ModelPair
from ui.views.pictures import picture_title

Drawer = tuple[str, str, str]  # provider, model, the style's version

PHOTO = "photo"


def drawers_by_image(
    session: Session, variants: Sequence[Variant], made: Sequence[ProviderCall]
) -> Mapping[str, Drawer]:
    """Who drew each picture, by its id."""
    known = {call.work_key: call for call in made}
    found: dict[str, Drawer] = {}
    for each in variants:
        key = each.image.work_key
        call = known.get(key) or calls.by_work_key(session, key)  # another character's, of the same photo
        provider, model = (call.provider, call.model) if call else ("", "")
        found[each.image.id] = (provider, model, str(each.prompt.style_version or ""))
    return found


def comparables(
    links: MediaLinks,
    photo: GeneratedAsset | None,
    variants: Sequence[Variant],
    drawers: Mapping[str, Drawer],
) -> tuple[Comparable, ...]:
    """The photo, and every picture that is shown to everybody."""
    found = [
        Comparable(each.image.id, _name(each, drawers), *_place(links, each.asset))
        for each in _open(variants)
    ]
    if photo is not None:
        found.insert(0, Comparable(PHOTO, _("The photo"), *_place(links, photo)))
    return tuple(found)


def model_pairs(variants: Sequence[Variant], drawers: Mapping[str, Drawer]) -> tuple[ModelPair, ...]:
    """Of each style that two models, or two versions of the style, have drawn: the newest picture of the
    one before and the newest of all.
    """
    by_style: dict[tuple[str, str], list[Variant]] = {}
    for each in sorted(_open(variants), key=lambda each: each.image.ordinal):
        by_style.setdefault((each.image.style, each.image.framing), []).append(each)
    pairs = []
    for same in by_style.values():
        new = same[-1]
        others = [each for each in same if drawers[each.image.id] != drawers[new.image.id]]
        if others:
            old = others[-1]
            pairs.append(ModelPair(old.image.id, new.image.id, _name(old, drawers), _name(new, drawers)))
    return tuple(pairs)


def _open(variants: Sequence[Variant]) -> list[Variant]:
    return [each for each in variants if each.image.review is not Review.REJECTED]


def _name(variant: Variant, drawers: Mapping[str, Drawer]) -> str:
    image = variant.image
    _provider, model, version = drawers[image.id]
    title = picture_title(image.style, framing_of(image.framing), image.ordinal)
    style = _("style version %(version)s", version=version) if version else ""
    return " · ".join(filter(None, (title, model, style)))


def _place(links: MediaLinks, asset: GeneratedAsset) -> tuple[str, int, int]:
    return links.scaled(asset.sha256, 960), asset.width, asset.height
