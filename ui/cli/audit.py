"""`storykin audit`: the log of who did what."""

import argparse
import json
import sys
from pathlib import Path
from typing import IO, Any

from db.audit.acts import AuditAct
from db.audit.append import COMMAND_LINE, append
from db.engine import record
from db.models import AuditEntry
from db.record_state import require_current
from db.repositories import audit, users
from tasks.audit.keys import own_key, trust
from tasks.audit.resume import resume
from tasks.audit.verify import AuditReport, verify
from tasks.errors import UsageError
from ui.cli.output import print_document

DONE, NOT_WHOLE = 0, 1


def verify_log(*, as_json: bool) -> int:
    """Say whether the log is whole and as it was written: 0, else 1."""
    require_current()
    report = verify(record())
    if as_json:
        print_document(_report_document(report))
    else:
        for finding in report.findings:
            print(finding.sentence)
        for remark in report.remarks:
            print(remark)
        if report.ok:
            print(
                f"{report.entries} entries, whole and as they were written. The newest: {report.head.digest}"
            )
    return DONE if report.ok else NOT_WHOLE


def show(arguments: argparse.Namespace) -> int:
    """Print the newest entries."""
    require_current()
    with record().reading() as session:
        who = users.by_email(session, arguments.by) if arguments.by else None
        found = audit.newest(
            session,
            limit=max(arguments.limit, 0),
            what=arguments.of,
            who=who.id if who else arguments.by,
            act=arguments.act,
        )
        known = {each.id: each.email for each in users.by_ids(session, {each.who for each in found})}
    if arguments.json:
        print_document({"entries": [entry_document(each) for each in found]})
        return DONE
    for each in found:
        said = json.dumps(each.data, ensure_ascii=False, sort_keys=True) if each.data else ""
        line = f"{each.sequence:>6}  {each.at:%Y-%m-%d %H:%M:%S}  {each.act:<24} {each.what or '-':<36}"
        print(f"{line}  {known.get(each.who, each.who)}  {said}".rstrip())
    if not found:
        print("No such entry.")
    return DONE


def export(out: str | None) -> int:
    """Write every entry as a line of JSON, the oldest first; that it was exported is entered before."""
    require_current()
    file = _new_file(out) if out else sys.stdout
    with record().writing() as session:
        append(session, AuditAct.AUDIT_EXPORTED, by=None, via=COMMAND_LINE)
    try:
        with record().reading() as session:
            for entry in audit.entries(session):
                file.write(json.dumps(entry_document(entry), ensure_ascii=out is None, sort_keys=True) + "\n")
    finally:
        if out:
            file.close()
    return DONE


def resume_log(reason: str) -> int:
    """Go on from where the database is."""
    require_current()
    resume(record(), by=None, via=COMMAND_LINE, reason=reason)
    print("Entered: the log goes on from here. `storykin audit verify` tells it from now on.")
    return DONE


def trust_key(key_id: str | None) -> int:
    """Enter that a key is another machine's of ours; without one print this machine's, to be told there."""
    require_current()
    if key_id is None:
        print(own_key(record()))
    elif trust(record(), key_id=key_id, by=None, via=COMMAND_LINE):
        print("Entered: entries that are sealed with this key are another machine's.")
    else:
        print("This key was known.")
    return DONE


def entry_document(entry: AuditEntry) -> dict[str, Any]:
    """An entry as it is given out: what its digest is taken of, and its digest and seal."""
    sealed = {"digest": entry.digest, "key_id": entry.key_id, "seal": entry.seal}
    return audit.document_of(entry) | sealed


def _new_file(out: str) -> IO[str]:
    try:
        return Path(out).open("x", encoding="utf-8")
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise UsageError(f"{out} can't be written: {why}.", code="bad_file") from None


def _report_document(report: AuditReport) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "entries": report.entries,
        "head": {"sequence": report.head.sequence, "digest": report.head.digest},
        "watched_since": report.watched_since,
        "findings": [
            {"fault": each.fault.value, "entry": each.sequence, "sentence": each.sentence}
            for each in report.findings
        ],
        "remarks": list(report.remarks),
    }
