"""Five styles, chosen by name."""

from pathlib import Path

import pytest

from tasks.errors import UsageError
from tasks.styles.pack import BadStylePack
from tasks.styles.packs import chosen_styles, style_names, style_pack, style_packs


def test_there_are_the_five_styles_each_with_its_own_words() -> None:
    packs = style_packs()
    assert tuple(packs) == style_names() == ("watercolor", "storybook", "anime", "flat", "colored-pencil")
    assert len({pack.label for pack in packs.values()}) == 5
    assert len({pack.token for pack in packs.values()}) == 5


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("all", list(style_names())),
        ("flat, watercolor", ["watercolor", "flat"]),
        (["anime", "anime"], ["anime"]),
        (("colored-pencil",), ["colored-pencil"]),
    ],
)
def test_styles_are_chosen_once_each_in_one_order(asked: str | list[str], chosen: list[str]) -> None:
    assert chosen_styles(asked) == chosen


@pytest.mark.parametrize("nothing", ["", " , ", []])
def test_choosing_nothing_is_said(nothing: str | list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        chosen_styles(nothing)
    assert refused.value.code == "no_style"


def test_a_package_that_breaks_as_it_is_imported_takes_no_style_away(
    own_styles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in {
        "broken_styles/__init__.py": "raise RuntimeError",
        "broken_styles-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: broken-styles\nVersion: 1\n",
        "broken_styles-1.dist-info/entry_points.txt": "[storykin.styles]\nbroken = broken_styles.pack\n",
    }.items():
        file = tmp_path / "site" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert len(style_packs()) == 5
    with pytest.raises(BadStylePack):
        style_pack("broken")


def test_a_folder_of_styles_that_is_not_there_takes_no_style_away(own_styles: Path) -> None:
    own_styles.rmdir()
    assert len(style_packs()) == 5
