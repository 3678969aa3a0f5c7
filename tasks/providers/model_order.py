"""Which models came before which, and which are switched off: what a person may want drawn anew."""

from collections.abc import Iterable, Iterator
from datetime import date

from tasks.errors import UsageError
from tasks.providers.model_registry import Model, image_models, today
from tasks.providers.openai.image_models import openai_image_models
from tasks.providers.protocols import ImageProvider, models_of


def known_models(providers: Iterable[ImageProvider]) -> tuple[str, ...]:
    """Every model that draws: those in use and their earlier versions first, then the registry's."""
    in_use = [name for each in providers for name in models_of(each)]
    return tuple(dict.fromkeys([*in_use, *(each.called for each in _registered())]))


def models_before(model: str, providers: Iterable[ImageProvider]) -> tuple[str, ...]:
    """The models that `model` has followed, directly or by others: by the registry's successors, and what an
    engine of ours says of itself. UsageError (`unknown_model`) where nothing says so.
    """
    before: list[str] = []
    for each in providers:
        names = models_of(each)
        if model in names:
            before += names[names.index(model) + 1 :]
    successors = {each.called: each.successor for each in _registered()}
    before += [name for name in successors if model in _line(name, successors)]
    if not before:
        raise UsageError(
            "Nothing is known of models before that one. Choose the models themselves instead.",
            code="unknown_model",
        )
    return tuple(dict.fromkeys(before))


def retired_models(on: date | None = None) -> tuple[str, ...]:
    """The models that are switched off on that UTC day (today)."""
    day = on or today()
    return tuple(each.called for each in _registered() if each.sunset is not None and day >= each.sunset)


def _registered() -> Iterator[Model]:
    yield from image_models().values()
    yield from openai_image_models().values()


def _line(name: str, successors: dict[str, str]) -> Iterator[str]:
    """Who follows on `name`, one after the other; a circle ends where it closes."""
    seen = {name}
    while (name := successors.get(name, "")) and name not in seen:
        seen.add(name)
        yield name
