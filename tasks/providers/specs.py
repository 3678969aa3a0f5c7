"""Every provider there is: those that come with Storykin, and those of other installed packages.

Another package gives a `ProviderSpec` by an entry point in the group "storykin.providers", or
"storykin.stores" for one that only keeps bytes. See docs/howto/add_a_provider.md.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points

from db.log import Log
from tasks.errors import UsageError
from tasks.providers.inhouse.spec import IN_HOUSE
from tasks.providers.local.spec import LOCAL
from tasks.providers.openai.spec import OPENAI, OPENAI_IMAGES
from tasks.providers.replicate.spec import REPLICATE
from tasks.providers.spec import Kind, ProviderSpec
from tasks.providers.store.spec import DISK, R2

log = Log("providers")

BUILT_IN = (LOCAL, OPENAI, OPENAI_IMAGES, REPLICATE, IN_HOUSE, DISK, R2)
GROUPS = ("storykin.providers", "storykin.stores")


@lru_cache
def all_specs() -> dict[str, ProviderSpec]:
    """Every provider by its id, our own first. A package can't take the place of another: the first stays."""
    known = {spec.id: spec for spec in BUILT_IN}
    for spec in _from_packages():
        if spec.id in known:
            log.warning("provider left out: its id is taken", provider=spec.id)
        known.setdefault(spec.id, spec)
    return known


def _from_packages() -> Iterator[ProviderSpec]:
    found = [each for group in GROUPS for each in entry_points(group=group)]
    for each in sorted(found, key=lambda entry: (entry.name, entry.value)):
        spec = _loaded(each)
        if spec is not None:
            yield spec


def _loaded(entry: EntryPoint) -> ProviderSpec | None:
    """What the entry point names. A package that is broken must not keep the others from working."""
    try:
        spec = entry.load()
    except Exception as error:  # whatever a stranger's package raises while it is imported
        log.warning("provider left out: it can't be imported", provider=entry.name, code=type(error).__name__)
        return None
    if not isinstance(spec, ProviderSpec):
        log.warning("provider left out: it is no ProviderSpec", provider=entry.name)
        return None
    return spec


def find_spec(provider: str) -> ProviderSpec | None:
    """The provider called `provider`, or None: calls on record may be of one that is no longer installed."""
    return all_specs().get(provider)


def specs_for(kind: Kind) -> dict[str, ProviderSpec]:
    """Those that can be chosen for `kind`, by id."""
    return {name: spec for name, spec in all_specs().items() if kind in spec.factories}


def spec_for(kind: Kind, provider: str) -> ProviderSpec:
    """The provider, if it can be chosen for `kind`. UsageError naming the known ones otherwise."""
    known = specs_for(kind)
    if provider not in known:
        raise UsageError(f"{kind.setting}: this is none of {', '.join(known)}.", code="no_such_provider")
    return known[provider]


def label_of(provider: str) -> str:
    """The provider as people call it; its bare id when it is not installed."""
    spec = find_spec(provider)
    return spec.label if spec else provider


def drawn_words(provider: str, instead_of: Sequence[str] = ()) -> str:
    """What people shall be told of a picture by the provider, such as "drawn in-house", or "drawn by this
    machine, because Replicate was away" where it drew `instead_of` others; "" for nothing.
    """
    if provider and instead_of:
        away = " and ".join(map(label_of, instead_of))
        who = label_of(provider).replace("This ", "this ", 1)
        return f"drawn by {who}, because {away} {'was' if len(instead_of) == 1 else 'were'} away"
    spec = find_spec(provider)
    return spec.drawn if spec else ""


def delivery_hosts(provider: str) -> tuple[str, ...]:
    """The hosts, with their subdomains, that the provider's outputs may be fetched from: none if unknown."""
    spec = find_spec(provider)
    return spec.delivery_hosts if spec else ()
