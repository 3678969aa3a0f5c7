"""Which styles there are: every pack that is found, in the order in which people see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from db.log import Log
from tasks.errors import UsageError
from tasks.providers.specs import find_spec as find_provider
from tasks.styles.pack import DOCUMENT, BadStylePack, StylePack, read_pack
from tasks.styles.settings import style_settings

log = Log("styles")

GROUP = "storykin.styles"  # entry points: name of the style = package that is its folder
_OURS = Path(__file__).parent


@dataclass(frozen=True)
class Catalog:
    """The packs that can be used, by name and in order, and what is wrong with the others, by name."""

    packs: Mapping[str, StylePack]
    refused: Mapping[str, BadStylePack]


@dataclass(frozen=True)
class _Place:
    name: str
    folder: Path
    package: str = ""


@lru_cache
def style_catalog() -> Catalog:
    """Every pack of this installation, read once a process.

    A pack that can't be used is left out and told in the log, by `storykin doctor`, and to whoever asks for
    it; the others stay. Where two are the same in name, label or token, the one found first stays: ours,
    then other packages', then those of STORYKIN_STYLES_DIR, each in the order of their names.
    """
    packs: dict[str, StylePack] = {}
    refused: dict[str, BadStylePack] = {}
    for place in _places():
        try:
            pack = read_pack(place.name, place.folder, place.package)
            _check_new(pack, packs)
            packs[pack.name] = pack
        except BadStylePack as error:
            refused.setdefault(place.name, error)
            log.error("style pack refused", error=error, style=place.name)
    in_order = sorted(packs.values(), key=lambda pack: (pack.order, pack.name))
    return Catalog({pack.name: pack for pack in in_order}, refused)


def style_packs() -> Mapping[str, StylePack]:
    """Every usable pack by name, in the order in which people see them."""
    return style_catalog().packs


def style_names() -> tuple[str, ...]:
    """The names of the styles, in the order in which people see them."""
    return tuple(style_packs())


def drawn_locally() -> tuple[str, ...]:
    """The styles that the local engine draws, in the order in which people see them."""
    return tuple(name for name, pack in style_packs().items() if pack.drawn_locally)


def usual_styles(provider: str) -> tuple[str, ...]:
    """The styles for someone who names none: all that the image provider of that name can draw."""
    return tuple(name for name in style_names() if can_draw(provider, name))


def can_draw(provider: str, style: str) -> bool:
    """Whether the image provider of that name draws `style`. UsageError for a style that is none."""
    spec = find_provider(provider)
    return spec is None or spec.capabilities.every_style or style_pack(style).drawn_locally


def style_pack(name: str) -> StylePack:
    """The pack called `name`.

    Raises:
        BadStylePack: There is one, and it can't be used.
        UsageError: There is none; the sentence names those that there are.
    """
    catalog = style_catalog()
    if name in catalog.packs:
        return catalog.packs[name]
    if name in catalog.refused:
        raise BadStylePack(catalog.refused[name].sentence)
    raise UsageError(
        f"There is no style with that name. The styles are: {', '.join(catalog.packs)}.", code="unknown_style"
    )


def chosen_styles(names: str | list[str] | tuple[str, ...]) -> list[str]:
    """The styles someone asked for, without repeats, in the order of the packs; "all" means every one.

    Raises UsageError for a name that is none, and where nothing was chosen.
    """
    asked = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
    asked = [part for part in asked if part]
    if "all" in asked:
        return list(style_names())
    if not asked:
        raise UsageError("Choose at least one style.", code="no_style")
    wanted = {style_pack(name).name for name in asked}
    return [name for name in style_names() if name in wanted]


def _places() -> Iterator[_Place]:
    for folder in _folders(_OURS):
        yield _Place(_name(folder), folder, f"{__package__}.{folder.name}")
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        yield _Place(entry.name, _package_folder(entry.value), entry.value)
    own = style_settings().styles_dir
    if own is not None:
        for folder in _folders(own.expanduser()):
            yield _Place(_name(folder), folder)


def _folders(above: Path) -> list[Path]:
    """Every folder in it but those of the machinery, such as __pycache__ and .git."""
    try:
        return sorted(each for each in above.iterdir() if each.is_dir() and each.name[0] not in "._")
    except OSError as error:
        log.error("no style packs read", error=error, path=str(above))
        return []


def _package_folder(package: str) -> Path:
    """Where the package lies; a path without a pack if it can't be found, so that this is told."""
    try:
        spec = find_spec(package)  # imports the packages above it
    except Exception as error:  # whatever a stranger's package raises while it is imported
        log.error("style package not imported", error=error, path=package)
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else Path(package)


def _name(folder: Path) -> str:
    return folder.name.replace("_", "-")


def _check_new(pack: StylePack, others: Mapping[str, StylePack]) -> None:
    """Two styles that are called or prompted alike can't be told apart. Raises BadStylePack."""
    for other in others.values():
        same = next((each for each in ("name", "label") if getattr(pack, each) == getattr(other, each)), "")
        if not same and (pack.token in other.token or other.token in pack.token):
            same = "token"  # a rehearsal knows a picture's style by it
        if same:
            raise BadStylePack(
                f"The style pack's file {pack.folder / DOCUMENT} can't be used: {same}: "
                f"the style {other.name} in {other.folder} has it."
            )
