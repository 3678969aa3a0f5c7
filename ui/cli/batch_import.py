"""`storykin batch import`: characters of a folder of photos, or of a CSV."""

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from db.record_state import require_current
from flows.batch_intake import price_of, rows_of, take_in
from flows.submit import submit_character_run
from tasks.amounts import microusd, rough_dollars
from tasks.batch.outlook import ConfirmPrice
from tasks.runtime import current_runtime
from tasks.settings import provider_settings
from tasks.styles.packs import usual_styles
from ui.cli.files import log_to_file
from ui.cli.output import print_document, print_note

DONE, FAILED = 0, 1


def import_rows(arguments: argparse.Namespace) -> int:
    """Take in every row; 1 where one was refused. ConfirmPrice unless a price that asks is agreed to."""
    require_current()
    runtime, source = current_runtime(), Path(arguments.source)
    named = [each for group in arguments.style for each in group.split(",")]
    styles = named or list(usual_styles(provider_settings().images[0]))
    rows = rows_of(source, styles=styles, consent=arguments.consent)
    price, ask = price_of(runtime, rows), microusd(provider_settings().batch_ask_usd)
    if ask is not None and price > ask and not arguments.yes:
        raise ConfirmPrice(
            f"This would cost about {rough_dollars(price)}, more than STORYKIN_BATCH_ASK_USD. Nothing was "
            "taken in: agree with --yes."
        )
    log_to_file()
    results = Path(arguments.results) if arguments.results else source.with_name(f"{source.name}-results")
    counts: Counter[str] = Counter()
    told = []
    for result in take_in(runtime, rows, results, submit_character_run):
        counts[result.state] += 1
        told.append(asdict(result))
        if not arguments.json and result.state == "refused":
            print_note(f"{result.key}: {result.code}: {result.sentence}")
    if arguments.json:
        print_document(told)
    else:
        print(", ".join(f"{count} {state}" for state, count in sorted(counts.items())))
        print(f"A result for each row: {results}")
    return FAILED if counts["refused"] else DONE
