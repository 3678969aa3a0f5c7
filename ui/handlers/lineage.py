"""Where a picture came from: what was asked, of whom, and what came back."""

from db.models import ProviderCall
from db.repositories.images import Variant
from tasks.likeness_words import scores
from tasks.picture_options import framing_of
from tasks.providers.specs import drawn_words
from tasks.write_prompt import drawn_instead_of
from ui.handlers.character_costs import known_microusd, reserved_microusd
from ui.views.detail import Lineage
from ui.views.pictures import picture_title, style_label


def lineage_of(variant: Variant, call: ProviderCall | None) -> Lineage:
    """The lineage of one variant; `call` is the provider call that made it, if that is still on record."""
    image, asset, prompt = variant.image, variant.asset, variant.prompt
    return Lineage(
        image_id=image.id,
        title=picture_title(image.style, framing_of(image.framing), image.ordinal),
        style=f"{style_label(image.style)}, version {prompt.style_version}",
        prompt=prompt.text,
        provider=call.provider if call else "",
        drawn=drawn_words(call.provider, drawn_instead_of(prompt, call)) if call else "",
        model=call.model if call else "",
        seed=str(prompt.parameters.get("seed", "")),
        work_key=image.work_key,
        sha256=asset.sha256,
        content_type=asset.content_type,
        width=asset.width,
        height=asset.height,
        size_bytes=asset.size_bytes,
        seconds=image.seconds,
        cost_microusd=known_microusd(call) if call else None,
        reserved_microusd=reserved_microusd(call) if call else 0,
        likeness=scores(image.likeness),
    )
