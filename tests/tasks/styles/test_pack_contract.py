"""What every style pack owes: `lacks` says in words what one does not have yet."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tasks.styles.drawing import painter_of
from tasks.styles.pack import BadStylePack, StylePack, read_pack
from tasks.styles.packs import style_packs
from tasks.styles.prompt import build_character_prompt
from tests.support.style_packs import PAPERCUT, write_papercut
from tests.tasks.profiles import a_profile

FILES = {"style.toml", "sample.webp", "painter.py", "__init__.py", "__pycache__"}
STRANGERS = 0.25  # likeness that two different people mostly stay below


def lacks(pack: StylePack) -> list[str]:
    """What is missing or wrong, a sentence each."""
    with Image.open(io.BytesIO(pack.sample)) as sample:
        sample.load()
        width, height = sample.size
    prompt = build_character_prompt(a_profile(), pack).text
    wrong = {
        "sample.webp is not upright 4:5": abs(width / height - 0.8) > 0.02,
        "sample.webp is smaller than 160x200: it blurs on a card": width < 160,
        "sample.webp is over 100 kB: every visitor loads it": len(pack.sample) > 100_000,
        "the prompt does not say the token": pack.token not in prompt,
        "the prompt does not say the medium": pack.prompt.medium not in prompt,
        "[prompt] avoid names nothing": not pack.prompt.avoid,
        "[parameters] has no aspect_ratio": "aspect_ratio" not in pack.parameters,
        "[parameters] has no output_format": "output_format" not in pack.parameters,
        "pass_mark lets strangers pass": pack.pass_mark <= STRANGERS,
        "the blurb is too long for a line": len(pack.blurb) > 60,
        "the folder holds something that is no part of a pack": not {
            each.name for each in pack.folder.iterdir()
        }
        <= FILES,
    }
    if pack.drawn_locally:
        try:
            painter_of(pack.name)
        except BadStylePack as error:
            wrong[error.sentence] = True
    return [sentence for sentence, true in wrong.items() if true]


@pytest.mark.parametrize("name", list(style_packs()))
def test_a_pack_is_whole(name: str) -> None:
    assert lacks(style_packs()[name]) == []


def test_a_new_pack_of_the_cloud_is_whole_too(tmp_path: Path) -> None:
    assert lacks(read_pack("papercut", write_papercut(tmp_path))) == []


def test_the_contract_says_what_a_pack_lacks(tmp_path: Path) -> None:
    document = PAPERCUT.replace('aspect_ratio = "4:5"\n', "").replace("0.35", "0.2")
    folder = write_papercut(tmp_path, document=document)
    Image.new("RGB", (280, 224)).save(folder / "sample.webp")
    assert lacks(read_pack("papercut", folder)) == [
        "sample.webp is not upright 4:5",
        "[parameters] has no aspect_ratio",
        "pass_mark lets strangers pass",
    ]


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ('label = "Papercut"\n', "", "style.toml can't be used: label: Field required"),
        ("pass_mark = 0.35", "pass_mark = 3.5", "pass_mark: Input should be less than or equal to 1"),
        ('medium = "a scene of layered cut paper"', "", "prompt.medium: Field required"),
        ("order = 60", 'order = 60\nflavor = "x"', "flavor: Extra inputs are not permitted"),
        ("order = 60", 'order = 60\nname = "x"', "name: the folder says this, not the file"),
        ('"#e8d8c4"', '"red; }"', "colors.ground: String should match"),
        ('painter = "cloud only"', 'painter = "painter.py"', "[drawing] is missing"),
        ('painter = "cloud only"', "painter =", "Invalid value"),
        ("[colors]", "[drawing]\nseed_number = 6\n[colors]", "[drawing] is of no use"),
    ],
)
def test_a_broken_pack_is_refused_by_file_and_field(
    tmp_path: Path, line: str, instead: str, said: str
) -> None:
    assert line in PAPERCUT
    folder = write_papercut(tmp_path, document=PAPERCUT.replace(line, instead))
    with pytest.raises(BadStylePack) as refused:
        read_pack("papercut", folder)
    assert refused.value.code == "bad_style_pack"
    assert str(folder / "style.toml") in refused.value.sentence
    assert said in refused.value.sentence


def test_a_pack_without_its_picture_or_painter_is_refused(tmp_path: Path) -> None:
    (write_papercut(tmp_path, "one") / "sample.webp").unlink()
    with pytest.raises(BadStylePack, match=r"one/sample\.webp can't be used: this file is missing"):
        read_pack("one", tmp_path / "one")
    (write_papercut(tmp_path, "two") / "sample.webp").write_bytes(b"GIF89a")
    with pytest.raises(BadStylePack, match=r"two/sample\.webp can't be used: this is no WebP"):
        read_pack("two", tmp_path / "two")
    drawn = PAPERCUT.replace('"cloud only"', '"painter.py"') + "\n[drawing]\nseed_number = 6\n"
    write_papercut(tmp_path, "three", drawn)
    with pytest.raises(BadStylePack, match=r"three/painter\.py can't be used: this file is missing"):
        read_pack("three", tmp_path / "three")


@pytest.mark.parametrize("name", ["all", "Papercut", "paper cut", "../up", "x" * 33, 'a"b'])
def test_a_name_that_commands_and_pages_can_not_say_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadStylePack, match="its name must be"):
        read_pack(name, write_papercut(tmp_path))
