"""What each command of the parser runs: its arguments in, its exit status out.

A command is imported when it is asked for: `show` should not wait for OpenCV or Prefect.
"""

import argparse

from ui.cli.arguments import text_argument


def run_up(arguments: argparse.Namespace) -> int:
    """Start everything and supervise it until stopped."""
    from ui.cli.up import up  # noqa: PLC0415

    return up(
        arguments.port,
        arguments.prefect_port,
        demo=not arguments.no_demo,
        die_with_caller=arguments.die_with_caller,
    )


def run_worker(arguments: argparse.Namespace) -> int:
    """Run one worker until stopped."""
    from ui.cli.parts import worker  # noqa: PLC0415

    return worker(arguments.name, arguments.queue, arguments.limit)


def run_studio(arguments: argparse.Namespace) -> int:
    """Serve the studio until stopped."""
    from ui.cli.parts import studio  # noqa: PLC0415

    return studio(arguments.host, arguments.port)


def run_service(arguments: argparse.Namespace) -> int:
    """Print, install or remove the unit of systemd."""
    from ui.cli.service import service  # noqa: PLC0415

    return service(arguments)


def run_generate(arguments: argparse.Namespace) -> int:
    """Make a character here and now."""
    from ui.cli.generate import generate  # noqa: PLC0415

    return generate(arguments)


def run_show(arguments: argparse.Namespace) -> int:
    """Print one character."""
    from ui.cli.show import show  # noqa: PLC0415

    return show(arguments.character, as_json=arguments.json, out=arguments.out)


def run_list(arguments: argparse.Namespace) -> int:
    """Print the characters."""
    from ui.cli.list_characters import list_characters  # noqa: PLC0415

    query = text_argument(arguments.query)
    return list_characters(query, arguments.status, arguments.limit, as_json=arguments.json)


def run_export(arguments: argparse.Namespace) -> int:
    """Write pictures in other forms, or all of them."""
    from tasks.styles.exports import Export  # noqa: PLC0415
    from ui.cli.export import export  # noqa: PLC0415
    from ui.cli.export_all import export_all  # noqa: PLC0415

    if arguments.zip is not None or arguments.sheet is not None:
        export_all(
            arguments.character,
            zip_file=arguments.zip,
            sheet_file=arguments.sheet,
            favourite_only=arguments.favourite,
            with_names=not arguments.no_names,
        )
        if arguments.picture is None:
            return 0
    asked = {what: getattr(arguments, what.value.replace("-", "_")) for what in Export}
    files = {what: file for what, file in asked.items() if file is not None}
    return export(arguments.character, arguments.picture or "", files)


def run_verify(arguments: argparse.Namespace) -> int:
    """Say where a file comes from."""
    from ui.cli.verify import verify_file  # noqa: PLC0415

    return verify_file(arguments.file, as_json=arguments.json)


def run_completion(arguments: argparse.Namespace) -> int:
    """Print a shell's completion script."""
    from ui.cli.completion import completion  # noqa: PLC0415

    return completion(arguments.parser, arguments.shell)


def run_costs(arguments: argparse.Namespace) -> int:
    """Print what calls have cost."""
    from ui.cli.costs import audit, costs  # noqa: PLC0415

    if arguments.audit or arguments.count_anew:
        return audit(anew=arguments.count_anew)
    return costs(as_json=arguments.json, as_csv=arguments.csv)


def run_fetch_models(_arguments: argparse.Namespace) -> int:
    """Fetch the local engine's weights."""
    from ui.cli.models import fetch  # noqa: PLC0415

    return fetch()


def run_store_status(arguments: argparse.Namespace) -> int:
    """Print whether record and store belong together."""
    from ui.cli.store import status  # noqa: PLC0415

    return status(as_json=arguments.json)


def run_store_adopt(arguments: argparse.Namespace) -> int:
    """Make the store this database's."""
    from ui.cli.store import adopt_store  # noqa: PLC0415

    return adopt_store(confirmed=arguments.yes)


def run_quarantine_list(arguments: argparse.Namespace) -> int:
    """Print what is in quarantine."""
    from ui.cli.quarantine import list_quarantine  # noqa: PLC0415

    return list_quarantine(as_json=arguments.json)


def run_quarantine_restore(arguments: argparse.Namespace) -> int:
    """Bring objects back from quarantine."""
    from ui.cli.quarantine import restore  # noqa: PLC0415

    return restore(arguments.keys, everything=arguments.all)


def run_quarantine_add(arguments: argparse.Namespace) -> int:
    """Put into quarantine what no row names."""
    from ui.cli.quarantine import add  # noqa: PLC0415

    return add(confirmed=arguments.yes)


def run_doctor(arguments: argparse.Namespace) -> int:
    """Check the installation."""
    from ui.cli.doctor import doctor  # noqa: PLC0415

    return doctor(as_json=arguments.json, live=arguments.live, spend_usd=arguments.spend)


def run_deploy(_arguments: argparse.Namespace) -> int:
    """Tell Prefect what to run and when."""
    from ui.cli.deploy import deploy  # noqa: PLC0415

    return deploy()


def run_migrate(_arguments: argparse.Namespace) -> int:
    """Bring the database's tables up to date."""
    from ui.cli.migrate import migrate  # noqa: PLC0415

    return migrate()


def run_dashboard(_arguments: argparse.Namespace) -> int:
    """Print a link into Prefect's dashboard."""
    from ui.cli.dashboard import dashboard  # noqa: PLC0415

    return dashboard()
