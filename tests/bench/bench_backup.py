"""How long a backup and a restore take, beside a plain copy of the same files in the same run.

Run by `make bench`, or alone: `python -m tests.bench.bench_backup [CHARACTERS]`. The record has 30 rows a
character and the store six objects of a picture's size for each of the first of them; each step runs in a
process of its own, whose peak memory is told. Processor seconds can be compared on a busy machine.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CHARACTERS = 20_000  # 600,000 rows
DRAWN = 300  # characters that have bytes: 1,800 objects
PICTURE_BYTES = 250_000
PEAK_MEGABYTES = 250.0
_AT_ONCE = 500


def main(characters: int = CHARACTERS) -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="storykin-bench-") as folder:
        home = Path(folder) / "home"
        made = _in_a_process("fill", home, str(characters))
        print(
            f"\n{'backup and restore':34}{'wall s':>9}{'to a copy':>11}{'cpu s':>9}{'peak MB':>9}{'limit':>7}"
        )
        copied = _in_a_process("plain_copy", home)["seconds"]
        print(f"{'plain copy':34}{copied:9.2f}{1:11.2f}")
        for title, part in (
            ("backup, the first", "backup"),
            ("backup, nothing new", "backup"),
            ("backup read again (verify)", "verify_backup"),
            ("restore", "restore_backup"),
        ):
            figures = _in_a_process(part, home)
            wall, peak = figures["seconds"], figures["peak_megabytes"]
            cpu = figures["cpu"]
            print(f"{title:34}{wall:9.2f}{wall / copied:11.2f}{cpu:9.2f}{peak:9.0f}{PEAK_MEGABYTES:7.0f}")
        print(f"{made['rows']:,} rows and {made['objects']:,} objects ({made['megabytes']:,} MB)")
    return 0


def fill(home: Path, characters: str) -> dict[str, Any]:
    """A home with many characters; the first have a photo and pictures, the others a longer timeline."""
    from sqlalchemy import insert

    from db import migrate
    from db.engine import Record

    home.mkdir(parents=True)
    url = f"sqlite:///{home / 'storykin.db'}"
    migrate.upgrade(url)
    record, store, rows = Record(url), _store(home), 0
    for first in range(0, int(characters), _AT_ONCE):
        batch: dict[Any, list[dict[str, Any]]] = {}
        for number in range(first, min(first + _AT_ONCE, int(characters))):
            for table, row in _character(number, store if number < DRAWN else None):
                batch.setdefault(table, []).append(row)
                rows += 1
        with record.writing() as session:
            for table, found in batch.items():
                session.execute(insert(table), found)
    record.close()
    size = sum(file.stat().st_size for file in home.rglob("*") if file.is_file())
    return {"rows": rows, "objects": 6 * min(DRAWN, int(characters)), "megabytes": size // 1_000_000}


def plain_copy(home: Path) -> dict[str, Any]:
    """What `cp -r` does, and the disk has it."""
    began = time.perf_counter()
    shutil.copytree(home, home.with_name("copy"))
    os.sync()
    return {"seconds": time.perf_counter() - began}


def backup(home: Path) -> dict[str, Any]:
    """`storykin backup`."""
    from tasks.backup.make import back_up

    return _timed(lambda: back_up(_source(home), _target(home)))


def verify_backup(home: Path) -> dict[str, Any]:
    """`storykin backup verify`."""
    from tasks.backup.vault import open_vault
    from tasks.backup.verify import verify

    return _timed(lambda: verify(open_vault(_target(home), "")))


def restore_backup(home: Path) -> dict[str, Any]:
    """`storykin restore`."""
    from tasks.backup.restore import generation_at, restore
    from tasks.backup.vault import open_vault

    vault = open_vault(_target(home), "")
    return _timed(lambda: restore(vault, generation_at(vault, None), _source(home.with_name("restored"))))


def _timed(work: Callable[[], Any]) -> dict[str, Any]:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    return {"seconds": time.perf_counter() - began, "cpu": time.process_time() - cpu}


def _store(home: Path) -> Any:
    from tasks.providers.store.disk import DiskStore

    return DiskStore(home / "store", base_url="http://127.0.0.1", secret=b"s" * 32)


def _source(home: Path) -> Any:
    from tasks.backup.source import Source

    return Source(f"sqlite:///{home / 'storykin.db'}", _store(home))


def _target(home: Path) -> Any:
    from tasks.providers.backup.disk import DiskTarget

    return DiskTarget(home.with_name("backup"))


def _character(number: int, store: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Thirty rows: a character and its profile, prompts, pictures if there is a `store`, and a timeline."""
    from db.ids import new_id, utc_now
    from db.models import (
        AssetKind,
        Character,
        CharacterImage,
        CharacterProfile,
        CharacterStatus,
        Event,
        GeneratedAsset,
        PromptArtifact,
        PromptKind,
    )

    character_id, profile_id = new_id(), new_id()
    photo = _asset(number, 0, AssetKind.PHOTO, store) if store else None
    if photo:
        yield GeneratedAsset, photo
    yield (
        Character,
        {
            "id": character_id,
            "name": f"Somebody {number}",
            "search_name": f"somebody {number}",
            "status": CharacterStatus.READY,
            "photo_asset_id": photo["id"] if photo else None,
            "consent_version": "2026-11",
            "consent_at": utc_now(),
            "run_token": new_id(),
        },
    )
    yield (
        CharacterProfile,
        {
            "id": profile_id,
            "character_id": character_id,
            "version": 1,
            "source": "local",
            "attributes": {"eyes": {"value": "brown", "confidence": 0.9, "hex": "#5a3a22"}},
            "palette": [{"part": "skin", "name": "tan", "hex": "#c68642", "share": 1.0}],
            "confidence": {},
            "do_not_change": ["round glasses"],
            "digest": f"{number:064x}",
        },
    )
    for style in range(5):
        prompt = {
            "id": new_id(),
            "character_id": character_id,
            "profile_id": profile_id,
            "kind": PromptKind.IMAGE,
            "style": f"style-{style}",
            "style_version": "1",
            "template_version": "1",
            "text": "A child with brown eyes and round glasses, in a storybook. " * 8,
            "parameters": {"seed": number},
            "work_key": f"{number:060x}{style:04x}",
        }
        yield PromptArtifact, prompt
        if store:
            asset = _asset(number, 1 + style, AssetKind.VARIANT, store)
            yield GeneratedAsset, asset
            yield (
                CharacterImage,
                {
                    "character_id": character_id,
                    "style": f"style-{style}",
                    "ordinal": 1,
                    "run_token": new_id(),
                    "work_key": prompt["work_key"],
                    "asset_id": asset["id"],
                    "prompt_artifact_id": prompt["id"],
                },
            )
    for step in range(12 if store else 23):
        told = f"Step {step} is done"
        yield (
            Event,
            {
                "character_id": character_id,
                "kind": "step.finished",
                "actor": "system",
                "message": told,
                "data": {"step": step},
            },
        )


def _asset(number: int, part: int, kind: Any, store: Any) -> dict[str, Any]:
    from db.ids import new_id

    kept = store.put(f"bench/{number}/{part}.png", os.urandom(PICTURE_BYTES), "image/png")
    return {
        "id": new_id(),
        "kind": kind,
        "storage_key": kept.key,
        "sha256": kept.sha256,
        "content_type": kept.content_type,
        "size_bytes": kept.size,
        "width": 820,
        "height": 1024,
    }


def _in_a_process(part: str, home: Path, *more: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.bench_backup", part, str(home), *more]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def _child(part: str, home: Path, *more: str) -> None:
    parts: dict[str, Callable[..., dict[str, Any]]] = {
        "fill": fill,
        "plain_copy": plain_copy,
        "backup": backup,
        "verify_backup": verify_backup,
        "restore_backup": restore_backup,
    }
    figures = parts[part](home, *more)
    figures["peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(figures))


if __name__ == "__main__":
    if len(sys.argv) > 2:
        _child(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
