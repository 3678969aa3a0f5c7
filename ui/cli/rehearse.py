"""`storykin rehearse`: the providers' clouds on this machine, for practising outages and peaks."""

import argparse
import os
from dataclasses import replace
from pathlib import Path

from db.private_files import keep_files_private
from db.settings import record_settings

DONE = 0
DEFAULT_PORT = 8766


def add_rehearse_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help="its port on 127.0.0.1; 0 takes a free one"
    )
    parser.add_argument(
        "--books", type=Path, default=None, help="the file of its books (default: in STORYKIN_HOME)"
    )
    parser.add_argument(
        "--faults",
        action="append",
        default=[],
        metavar="FAULT",
        help="kind,field=value,… or a scenario file (.toml, .json); may be given again",
    )
    parser.add_argument(
        "--draws",
        choices=("replicate", "openai-images"),
        default="replicate",
        help="which of them the settings that it prints have draw the pictures (default: replicate)",
    )
    parser.add_argument("--quick", action="store_true", help="flat pictures at once, not the local engine's")
    parser.add_argument("--pace", type=float, default=0.0, help="seconds that a picture takes at least")
    parser.add_argument(
        "--output-seconds", type=float, default=3600.0, help="how long a picture can be fetched"
    )
    parser.add_argument(
        "--data-seconds", type=float, default=3600.0, help="when inputs and outputs are removed"
    )
    parser.add_argument(
        "--trust", type=Path, default=None, help="a PEM file to trust, for https on this machine"
    )


def rehearse(arguments: argparse.Namespace) -> int:
    """Serve the rehearsal cloud until it is stopped. Raises UsageError when it can't start."""
    from ui.rehearsal.faults import parse_faults  # noqa: PLC0415 - other commands should not wait for it
    from ui.rehearsal.serve import serve  # noqa: PLC0415
    from ui.rehearsal.settings import RehearsalSettings  # noqa: PLC0415

    keep_files_private()
    settings = RehearsalSettings(
        books=arguments.books or record_settings().home.resolve() / "rehearsal" / "books.jsonl",
        port=arguments.port,
        draws=arguments.draws,
        quick=arguments.quick,
        pace_seconds=arguments.pace,
        output_seconds=arguments.output_seconds,
        data_seconds=arguments.data_seconds,
        trusted=arguments.trust,
    )
    secret = os.environ.get("REPLICATE_WEBHOOK_SECRET")
    serve(replace(settings, webhook_secret=secret) if secret else settings, parse_faults(arguments.faults))
    return DONE
