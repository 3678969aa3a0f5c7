"""The command line as its user meets it: what it prints, and how it ends."""

import csv
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from db.settings import PROJECT
from flows.launch.demo import PHOTO
from tasks.styles.packs import style_names
from tests.contract.openai_answers import response, said, seen_profile, text_part
from tests.support.commands import storykin
from tests.support.groups import group as collection
from tests.support.groups import lying, who_is_in
from tests.support.scripted_server import Answer, scripted_server
from tests.tasks.conftest import weights

__all__ = ["weights"]

NAME = "Rosalind-Quillfeather"


@pytest.fixture
def environment(tmp_path: Path, weights: Path) -> dict[str, str]:
    """A home of its own, and the weights that every test shares."""
    return environment_of(tmp_path, weights)


def environment_of(folder: Path, weights: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "STORYKIN_HOME": str(folder / "home"),
        "STORYKIN_MODELS_DIR": str(weights),
        "STORYKIN_PREFECT_PORT": "9",  # nothing listens there: the plain way is what is tested
        "COLUMNS": "200",
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """A home with one character in all styles, made while somebody else listens where Prefect would; and
    what was printed.
    """
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.settimeout(0.1)
        port = str(stranger.getsockname()[1])
        environment = environment_of(tmp_path_factory.mktemp("made"), weights) | {
            "STORYKIN_PREFECT_PORT": port,
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        }
        done = storykin(environment, "generate", str(PHOTO), "--name", NAME, "--style", "all", "--json")
        with pytest.raises(TimeoutError):  # nobody has knocked
            stranger.accept()
    assert (done.returncode, done.stderr) == (0, "")
    return environment | {"STORYKIN_PREFECT_PORT": "9"}, json.loads(done.stdout)


def test_what_it_cost_is_told_as_a_page_as_json_and_call_by_call(
    made: tuple[dict[str, str], dict[str, Any]],
) -> None:
    page, document, lines = (storykin(made[0], "costs", *form) for form in ((), ("--json",), ("--csv",)))
    assert "look at the photo" in page.stdout and "flat" in page.stdout and "$0.00" in page.stdout
    total = json.loads(document.stdout)["total"]
    assert total == {"calls": 6, "known_microusd": 0, "reserved_microusd": 0}
    calls = list(csv.DictReader(io.StringIO(lines.stdout)))
    assert {(each["kind"], each["style"], each["state"]) for each in calls} == {
        ("vision", "", "recorded"),
        *(("image", style, "recorded") for style in style_names()),
    }
    assert NAME not in page.stdout + document.stdout + lines.stdout


def test_one_photo_becomes_five_pictures_and_one_json_document(
    made: tuple[dict[str, str], dict[str, Any]],
) -> None:
    environment, document = made
    assert document["character"]["name"] == NAME
    assert document["character"]["status"] == "ready"
    assert document["profile"]["source"] == "local"
    assert document["profile"]["do_not_change"]
    assert {variant["style"] for variant in document["variants"]} == set(style_names())
    ordered = [
        {"style": style, "framing": "portrait", "ordinal": 1, "drawn": True}
        for style in sorted(style_names())
    ]
    assert document["ordered"] == ordered
    for variant in document["variants"]:
        data = Path(variant["file"]).read_bytes()
        assert len(data) == variant["size"]
        assert data.startswith(b"\x89PNG")
        assert variant["seconds"] > 0
        # The line of drawn strangers is full of this very person's kin.
        assert set(variant["likeness"]["warnings"]) <= {"not_alike"}
    _nothing_private_in_the_logs(Path(environment["STORYKIN_HOME"]))
    _shown_and_drawn_again_for_nothing(environment, document)


def test_where_the_pixels_contradict_the_model_is_shown(environment: dict[str, str]) -> None:
    seen = seen_profile().model_dump()
    seen["attributes"]["hair_colour"] = {"value": "bright blue", "confidence": 0.9, "hex": "#1030f0"}
    with scripted_server() as openai:
        openai.on("POST", "/responses$", Answer(body=response(output=said(text_part(json.dumps(seen))))))
        asked = environment | {
            "STORYKIN_VISION": "openai",
            "OPENAI_API_KEY": "sk-thekeyofthetest",
            "OPENAI_BASE_URL": f"{openai.url}/v1",
        }
        done = storykin(asked, "generate", str(PHOTO), "--name", NAME, "--style", "flat", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (note,) = document["profile"]["notes"]
    assert "bright blue" in note
    assert note in storykin(environment, "show", document["character"]["id"]).stdout


def _nothing_private_in_the_logs(home: Path) -> None:
    written = "".join(file.read_text(errors="replace") for file in home.rglob("*.log"))
    assert NAME not in written and "Quillfeather" not in written


def _shown_and_drawn_again_for_nothing(environment: dict[str, str], document: dict[str, object]) -> None:
    character = document["character"]
    assert isinstance(character, dict)
    shown = storykin(environment, "show", str(character["id"])[:23])
    assert "Ordered: anime, colored-pencil, flat, storybook, watercolor\n" in shown.stdout
    assert shown.returncode == 0, shown.stderr
    assert NAME in shown.stdout and "watercolor" in shown.stdout
    again = storykin(environment, "generate", str(PHOTO), "--name", "Twin", "--style", "flat", "--json")
    assert again.returncode == 0, again.stderr
    variants = document["variants"]
    assert isinstance(variants, list)
    before = {variant["style"]: variant["sha256"] for variant in variants}
    after = {variant["style"]: variant["sha256"] for variant in json.loads(again.stdout)["variants"]}
    # The same photo is the same work: the twin has the picture that existed.
    assert after == {"flat": before["flat"]}


def test_a_file_that_is_no_photo_ends_with_one_sentence(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada, here is the photo you asked for.")
    done = storykin(environment, "generate", str(tmp_path / "letter.txt"), "--name", NAME, "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr and NAME not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["generate", "nowhere.jpg", "--name", "A"], "no_such_file"),
        (["generate", ".", "--name", "A"], "not_a_file"),
        (["generate", str(PHOTO), "--name", "A", "--style", "cubism"], "unknown_style"),
        (["generate", str(PHOTO), "--name", " ", "--style", "flat"], "no_name"),
        (["generate", str(PHOTO), "--name", "A", "--gender", "dragon"], "unknown_gender"),
    ],
)
def test_wrong_usage_is_2_and_says_which(
    environment: dict[str, str], arguments: list[str], code: str
) -> None:
    done = storykin(environment, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"storykin: {code}: ")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_command_the_commands_are_shown(environment: dict[str, str]) -> None:
    done = storykin(environment)
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("up", "generate", "list", "show", "favourite", "costs", "doctor"):
        assert f"\n    {command} " in done.stdout or f"\n    {command}\n" in done.stdout


def test_the_version_is_that_of_the_package(environment: dict[str, str]) -> None:
    project_run = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert storykin(environment, "--version").stdout == f"storykin {project_run['version']}\n"


UNUSUAL = "Zoë O’Brien ක්\u200dරි \U0001f468\u200d\U0001f467"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory, weights: Path) -> dict[str, str]:
    """A home with one character whose name few terminals can write, drawn under such a terminal."""
    environment = environment_of(tmp_path_factory.mktemp("drawn"), weights)
    home = Path(environment["STORYKIN_HOME"])
    ascii_only = environment | {"PYTHONIOENCODING": "ascii"}
    out = str(home / "out")
    done = storykin(ascii_only, "generate", str(PHOTO), "--name", UNUSUAL, "--style", "flat", "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    return environment


def only_character(environment: dict[str, str]) -> dict[str, Any]:
    (character,) = json.loads(storykin(environment, "list", "o'brien", "--json").stdout)["characters"]
    return dict(character)


def test_the_copy_says_who_and_what(drawn: dict[str, str]) -> None:
    (copy,) = (Path(drawn["STORYKIN_HOME"]) / "out").iterdir()
    assert copy.name.startswith("Zoë-O-Brien-ක්\u200dරි-flat-1-")
    assert copy.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "utf-8"])
def test_a_list_is_printed_on_any_terminal_and_json_stays_json(drawn: dict[str, str], encoding: str) -> None:
    terminal = drawn | {"PYTHONIOENCODING": encoding}
    listed = only_character(terminal)
    assert (listed["name"], listed["status"]) == (UNUSUAL, "ready")
    page = storykin(terminal, "list")
    assert page.returncode == 0 and listed["id"] in page.stdout
    assert json.loads(storykin(drawn, "list", "nobody", "--json").stdout)["characters"] == []


@pytest.mark.parametrize("columns", ["20", "60", "200"])
def test_a_list_has_a_line_a_character_however_narrow_the_terminal(
    drawn: dict[str, str], columns: str
) -> None:
    heading, line = storykin(drawn | {"COLUMNS": columns}, "list").stdout.splitlines()
    assert heading.split() == ["id", "name", "status", "made", "styles"]
    assert UNUSUAL in line and " ready " in line and line.rstrip().endswith(" flat")


def test_a_search_that_finds_nobody_does_not_say_that_there_is_nobody(drawn: dict[str, str]) -> None:
    for asked in (("nobody",), ("--status", "needs attention")):
        assert storykin(drawn, "list", *asked).stdout == "No character matches.\n"


def test_a_drawing_is_exported_in_layers_and_nothing_asked_is_wrong_usage(
    drawn: dict[str, str], tmp_path: Path
) -> None:
    character, layers = only_character(drawn)["id"], tmp_path / "c.svg"
    done = storykin(drawn, "export", character, "flat", "--svg", str(layers))
    assert (done.returncode, done.stderr) == (0, "")
    assert '<g id="head-' in layers.read_text("utf-8")
    nothing = storykin(drawn, "export", character, "flat")
    assert nothing.returncode == 2 and "--cut-out, --print, --svg or --design" in nothing.stderr


@pytest.mark.slow(
    covered_by="tests/ui/test_cli.py::test_a_drawing_is_exported_in_layers_and_nothing_asked_is_wrong_usage"
)
def test_a_picture_is_exported_in_its_other_forms(drawn: dict[str, str], tmp_path: Path) -> None:
    character, files = only_character(drawn)["id"], [tmp_path / name for name in ("a.png", "b.png", "c.svg")]
    options = ("--cut-out", str(files[0]), "--print", str(files[1]), "--svg", str(files[2]))
    done = storykin(drawn, "export", character, "flat", *options)
    assert (done.returncode, done.stderr) == (0, "")
    with Image.open(files[0]) as person, Image.open(files[1]) as page:
        assert (person.mode, person.size, page.mode, page.size) == ("RGBA", (2460, 3072), "RGB", (2460, 3072))
        alpha = person.getchannel("A")
        assert (alpha.getpixel((0, 0)), alpha.getpixel((1230, 1280))) == (0, 255)
        assert round(page.info["dpi"][0]) == 300
    assert '<g id="head-' in files[2].read_text("utf-8")


def test_all_of_a_character_is_exported_as_a_zip_and_a_sheet(drawn: dict[str, str], tmp_path: Path) -> None:
    character = only_character(drawn)["id"]
    archive, sheet = tmp_path / "all.zip", tmp_path / "sheet.pdf"
    done = storykin(drawn, "export", character, "--zip", str(archive), "--sheet", str(sheet), "--no-names")
    assert done.returncode == 0, done.stderr
    names = zipfile.ZipFile(archive).namelist()
    assert f"character {character[-6:]}/character {character[-6:]} - Flat.png" in names
    assert sheet.read_bytes().startswith(b"%PDF-")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["all.zip", "sheet.pdf"]
    wrong = storykin(drawn, "export", character, "--sheet", str(tmp_path / "sheet.gif"))
    assert wrong.returncode == 2 and "PDF or a PNG" in wrong.stderr


def test_a_character_is_shown_with_its_timeline_and_given_a_favourite(drawn: dict[str, str]) -> None:
    character = only_character(drawn)["id"]
    wrong = storykin(drawn, "favourite", character, "watercolor")
    assert wrong.returncode == 2 and "Name one of: flat-1" in wrong.stderr
    assert storykin(drawn, "favourite", character, "flat").returncode == 0
    shown = json.loads(storykin(drawn, "show", character, "--json").stdout)
    assert [each["favourite"] for each in shown["variants"]] == [True]
    kinds = [event["kind"] for event in shown["timeline"]]
    assert kinds[0] == "character.created" and kinds[-1] == "variant.selected"
    page = storykin(drawn, "show", character).stdout
    assert page.index("Character created") < page.index("New picture: Flat") < page.index("Favourite chosen")


def test_a_full_disk_behind_the_output_is_said(drawn: dict[str, str]) -> None:
    for arguments in (["list"], ["list", "--json"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "ui.cli", *arguments],
                cwd=PROJECT,
                env=drawn,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert "No space left" in done.stderr


@pytest.mark.parametrize("closed", [">&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_command_whose_streams_are_closed_does_its_work_all_the_same(
    drawn: dict[str, str], closed: str
) -> None:
    """As by some schedulers. No file of ours takes the number of a closed stream."""
    character = only_character(drawn)["id"]
    tag = f"closed {len(closed)}"
    command = ["sh", "-c", f'exec "$0" "$@" {closed}', sys.executable, "-m", "ui.cli", "tag", character, tag]
    done = subprocess.run(command, cwd=PROJECT, env=drawn, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert tag in storykin(drawn, "tag", character).stdout


def test_the_document_is_printed_though_the_copies_fail(environment: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import ui.cli.copies as copies, errno, sys\n"
        "def full(*a): raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "copies._place = full\n"
        "from ui.cli import main\n"
        f"sys.exit(main(['generate', {str(PHOTO)!r}, '--name', 'A', '--style', 'flat', '--json',"
        f" '--out', {str(out)!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["character"]["status"] == "ready"
    assert done.stderr.startswith("storykin: not_copied: ") and "--out FOLDER" in done.stderr
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_to_complete_the_commands(environment: dict[str, str], shell: str) -> None:
    done = storykin(environment, "completion", shell)
    assert done.returncode == 0
    assert "favourite" in done.stdout and "--style" in done.stdout
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=done.stdout.encode(), check=True, timeout=60)


def test_missing_weights_name_the_command_that_fetches_them(
    environment: dict[str, str], tmp_path: Path
) -> None:
    bare = environment | {"STORYKIN_MODELS_DIR": str(tmp_path / "none")}
    done = storykin(bare, "generate", str(PHOTO), "--name", NAME)
    assert done.returncode == 1
    assert "storykin models fetch" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_character_that_is_not_there_is_said(drawn: dict[str, str]) -> None:
    done = storykin(drawn, "show", "ffff")
    assert done.returncode == 1
    assert done.stderr == "storykin: not_found: There is no such character.\n"


@pytest.mark.parametrize("command", [["list"], ["show", "0000"], ["favourite", "0000", "flat"], ["costs"]])
def test_where_there_is_nothing_yet_nothing_is_made_by_looking(
    environment: dict[str, str], command: list[str]
) -> None:
    done = storykin(environment, *command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("storykin: record_missing: ") and "storykin up" in done.stderr
    assert not (Path(environment["STORYKIN_HOME"]) / "storykin.db").exists()


def test_the_doctor_says_what_is_wrong_and_what_to_do(environment: dict[str, str]) -> None:
    done = storykin(environment, "doctor", "--json")
    assert done.returncode == 1
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert {finding["level"] for finding in findings.values()} <= {"ok", "warning", "problem"}
    assert findings["model weights"]["ok"] and findings["store"]["ok"] and findings["data folder"]["ok"]
    assert not findings["record"]["ok"] and "storykin up" in findings["record"]["sentence"]
    assert not findings["prefect"]["ok"] and "storykin up" in findings["prefect"]["sentence"]


def test_of_several_people_the_way_to_choose_is_named_and_the_photo_s_faults_are_told(
    environment: dict[str, str], tmp_path: Path
) -> None:
    group = tmp_path / "group.jpg"
    group.write_bytes(lying(collection("obama", "biden"), quarters=2)[:-2])
    asked = storykin(environment, "generate", str(group), "--name", NAME)
    assert asked.returncode == 1
    assert "several_faces" in asked.stderr and "--face 1 to --face 2" in asked.stderr

    drawn = storykin(
        environment,
        "generate",
        str(group),
        "--name",
        NAME,
        "--style",
        "flat",
        "--face",
        "2",
        "--out",
        str(tmp_path / "o"),
    )
    assert drawn.returncode == 0
    assert "storykin: The photo was not upright" in drawn.stderr
    (picture,) = (tmp_path / "o").iterdir()
    assert who_is_in(picture.read_bytes()) == "biden"
