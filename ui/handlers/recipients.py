"""Who works on a photo here, outside the house and in it, and what each is given."""

from tasks.consent.rules import is_third_party
from tasks.consent.texts import kept_by
from tasks.providers.spec import Kind
from tasks.providers.specs import all_specs
from tasks.runtime import Runtime
from ui.i18n import N_
from ui.views.privacy import Processor, Recipient
from ui.views.words import provider_label

SEES = N_("is given the photo, to describe the person.")
DRAWS = N_("is given the photo and the words of the picture, to draw it.")
SEES_AND_DRAWS = N_("is given the photo, to describe the person, and to draw the pictures.")


def what_is_given(runtime: Runtime, provider: str) -> str:
    """What a provider is given, as things are set; of one that is not in use, all that it could be."""
    sees, draws = runtime.vision.name == provider, provider in [each.name for each in runtime.images]
    if sees == draws:
        return SEES_AND_DRAWS
    return SEES if sees else DRAWS


def recipients(runtime: Runtime, named: frozenset[str] | None) -> tuple[Recipient, ...]:
    """Everybody who sees or draws here; `named` are those outside that the consent names."""
    found = []
    for provider in dict.fromkeys([runtime.vision.name, *(each.name for each in runtime.images)]):
        outside = is_third_party(provider)
        is_named = provider in (named or ()) if outside else None
        what, keeps = what_is_given(runtime, provider), kept_by(provider) if outside else ""
        found.append(Recipient(provider_label(provider), what, is_named, keeps))
    return tuple(found)


def processors(runtime: Runtime) -> tuple[Processor, ...]:
    """Every provider outside the house that sees or draws, those in use here first."""
    used = {each.name for each in runtime.providers}
    outside = [
        Processor(spec.id, spec.label, spec.keeps, spec.id in used)
        for spec in all_specs().values()
        if is_third_party(spec.id) and {Kind.VISION, Kind.IMAGE} & set(spec.factories)
    ]
    return tuple(sorted(outside, key=lambda each: (not each.in_use, each.label)))
