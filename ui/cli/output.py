"""How the command line writes: to any terminal in any encoding, and JSON that stays JSON."""

import codecs
import io
import json
import sys
from typing import Any


def escape_what_cannot_be_printed() -> None:
    """Let a stream that lacks a sign (an old terminal, a C locale) show its number instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_document(document: Any) -> None:
    """Print `document` as JSON; in ASCII alone where standard output is not UTF-8, so that it stays JSON."""
    print(json.dumps(document, ensure_ascii=not _speaks_utf8(), indent=2))


def print_note(what: str) -> None:
    """Say what is being done, or waited for, beside what the command prints."""
    print(f"storykin: {what}", file=sys.stderr)


def _speaks_utf8() -> bool:
    encoding = sys.stdout.encoding or "ascii"
    try:
        return codecs.lookup(encoding).name == "utf-8"
    except LookupError:
        return False
