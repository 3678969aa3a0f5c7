"""The commands about a person's rights, their options and what `--help` says of them."""

import argparse

from ui.cli.audit_options import add_audit_commands
from ui.cli.proof_options import add_proof_commands
from ui.cli.support_options import add_support_command
from ui.cli.token_options import add_token_commands


def add_person_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`erase`, `certificate`, `hold`, `retention`, `access`, `consent`, `audit`, `token` and `support`."""
    _add_erase(commands)
    _add_certificate(commands)
    _add_hold(commands)
    _add_retention(commands)
    _add_access(commands)
    _add_consent(commands)
    add_audit_commands(commands)
    add_token_commands(commands)
    add_support_command(commands)
    add_proof_commands(commands)


def _add_erase(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    erase = commands.add_parser("erase", help="erase a character for good; says first what that means")
    erase.add_argument("character", help="the character's id, or its beginning")
    erase.add_argument(
        "--keep-canon",
        action="store_true",
        help="keep approved and locked pictures, if the consent says so",
    )
    erase.add_argument("--yes", action="store_true", help="do it")
    erase.set_defaults(command=_erase)


def _add_certificate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    certificate = commands.add_parser("certificate", help="the certificate of a character's erasure")
    certificate.add_argument("character", help="the character's id, or its beginning")
    certificate.add_argument("--out", metavar="FILE", default=None, help="a .json or .pdf file to write")
    certificate.add_argument("--language", choices=("en", "de"), default="en", help="of a PDF")
    certificate.set_defaults(command=_certificate)


def _add_hold(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    hold = commands.add_parser("hold", help="keep a character from being erased (a legal hold)")
    hold.add_argument("character", help="the character's id, or its beginning")
    what = hold.add_mutually_exclusive_group(required=True)
    what.add_argument("--reason", default=None, help="why it has to be kept, without naming anybody")
    what.add_argument("--lift", action="store_true", help="let it be erased again")
    hold.set_defaults(command=_hold)


def _add_consent(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    consent = commands.add_parser("consent", help="what was consented to, by whom, and its end")
    what = consent.add_subparsers(required=True, metavar="WHAT")
    showing = what.add_parser("show", help="every consent of a character, the newest first")
    showing.add_argument("character", help="the character's id, or its beginning")
    showing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    showing.set_defaults(command=_show_consents)
    giving = what.add_parser("give", help="record a consent that was given")
    giving.add_argument("character", help="the character's id, or its beginning")
    giving.add_argument(
        "--role", choices=("person", "parent", "customer"), required=True, help="who has given it"
    )
    giving.add_argument(
        "--processor",
        action="append",
        default=[],
        metavar="PROVIDER",
        help="a provider outside the house that it names, such as replicate; once for each",
    )
    giving.add_argument(
        "--keep-canon", action="store_true", help="approved pictures may be kept once the photo is gone"
    )
    giving.add_argument("--text", default=None, metavar="VERSION", help="the version of the text")
    giving.add_argument("--language", default="en", help="the language of the text (default en)")
    giving.set_defaults(command=_give_consent)
    asking = what.add_parser("ask", help="a link by which it is given; it is printed this once")
    asking.add_argument("character", help="the character's id, or its beginning")
    asking.add_argument(
        "--processor",
        action="append",
        default=None,
        metavar="PROVIDER",
        help="a provider outside the house to ask for, once for each (default: those in use)",
    )
    asking.add_argument(
        "--keep-canon", action="store_true", help="ask whether approved pictures may outlive the photo"
    )
    asking.add_argument("--text", default=None, metavar="VERSION", help="the version of the text")
    asking.add_argument("--days", type=int, default=None, help="how long the link is good")
    other = asking.add_mutually_exclusive_group()
    other.add_argument("--renew", action="store_true", help="in place of the last link")
    other.add_argument("--end", action="store_true", help="make none: the last link is good for nothing then")
    asking.set_defaults(command=_ask_consent)
    withdrawing = what.add_parser("withdraw", help="end it: nothing more is made, and the erasure comes near")
    withdrawing.add_argument("character", help="the character's id, or its beginning")
    withdrawing.set_defaults(command=_withdraw_consent)
    texts = what.add_parser("texts", help="every text that can be consented to")
    texts.set_defaults(command=_consent_texts)
    writing = what.add_parser("write", help="put a text of your own on record; it never changes then")
    writing.add_argument("version", help="a version of its own, such as 2027-01")
    writing.add_argument("file", help="a file with the text; {processors} in it becomes who gets the photo")
    writing.add_argument("--language", default="en", help="its language (default en)")
    writing.set_defaults(command=_write_text)


def _add_retention(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    retention = commands.add_parser("retention", help="how long what is kept, in general or of one character")
    retention.add_argument("character", nargs="?", default=None, help="the character's id, or its beginning")
    retention.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    retention.set_defaults(command=_retention)


def _add_access(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    access = commands.add_parser("access", help="everything that is kept of a person, for that person: a ZIP")
    access.add_argument("character", help="the character's id, or its beginning")
    access.add_argument("--out", metavar="FILE", required=True, help="the .zip file to write")
    access.set_defaults(command=_access)


def _retention(arguments: argparse.Namespace) -> int:
    from ui.cli.retention import retention  # noqa: PLC0415

    return retention(arguments.character, as_json=arguments.json)


def _access(arguments: argparse.Namespace) -> int:
    from ui.cli.access import access  # noqa: PLC0415

    return access(arguments.character, arguments.out)


def _erase(arguments: argparse.Namespace) -> int:
    from ui.cli.erase import erase  # noqa: PLC0415

    return erase(arguments.character, keep_canon=arguments.keep_canon, confirmed=arguments.yes)


def _certificate(arguments: argparse.Namespace) -> int:
    from ui.cli.erase import certificate  # noqa: PLC0415

    return certificate(arguments.character, out=arguments.out, language=arguments.language)


def _hold(arguments: argparse.Namespace) -> int:
    from ui.cli.erase import hold  # noqa: PLC0415

    return hold(arguments.character, reason=arguments.reason, lift=arguments.lift)


def _show_consents(arguments: argparse.Namespace) -> int:
    from ui.cli.consent import show  # noqa: PLC0415

    return show(arguments.character, as_json=arguments.json)


def _give_consent(arguments: argparse.Namespace) -> int:
    from ui.cli.consent import give  # noqa: PLC0415

    return give(arguments)


def _ask_consent(arguments: argparse.Namespace) -> int:
    from ui.cli.consent import ask  # noqa: PLC0415

    return ask(arguments)


def _withdraw_consent(arguments: argparse.Namespace) -> int:
    from ui.cli.consent import withdraw  # noqa: PLC0415

    return withdraw(arguments.character)


def _consent_texts(_arguments: argparse.Namespace) -> int:
    from ui.cli.consent import list_texts  # noqa: PLC0415

    return list_texts()


def _write_text(arguments: argparse.Namespace) -> int:
    from ui.cli.consent import write  # noqa: PLC0415

    return write(arguments.version, arguments.file, arguments.language)
