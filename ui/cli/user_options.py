"""`storykin user`: its options and what `--help` says of them."""

import argparse

ROLES = ("operator", "reviewer", "auditor", "administrator")  # `db.models.Role`, which is slow to import


def add_user_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`add`, `list`, `role`, `password` and the others that change an account, and `sessions`."""
    user = commands.add_parser("user", help="who may sign in to the studio, and as what")
    what = user.add_subparsers(required=True, metavar="WHAT")
    adding = what.add_parser(
        "add", help="let somebody in; their password is asked for, or read from standard input"
    )
    adding.add_argument("email", help="the e-mail address they sign in with")
    adding.add_argument("--name", default=None, help="as the timeline calls them (default: of the address)")
    adding.add_argument("--role", choices=ROLES, help="default: operator; the first: administrator")
    adding.set_defaults(command=_add)
    listing = what.add_parser("list", help="everybody who may sign in")
    listing.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    listing.set_defaults(command=_list)
    role = what.add_parser("role", help="let somebody do more, or less; they sign in again")
    role.add_argument("email")
    role.add_argument("role", choices=ROLES)
    role.set_defaults(command=_role)
    for name, told, run in (
        ("password", "set another password; it ends all their sessions, and a lock", _password),
        ("disable", "keep somebody out for a while, from now on", _disable),
        ("enable", "let somebody in again", _enable),
        ("link", "print a link that sets a password, once, within three days", _link),
        ("unlink", "forget who somebody is at the sign-in service (OpenID Connect)", _unlink),
        ("remove", "take an account away; what they did keeps their name", _remove),
    ):
        one = what.add_parser(name, help=told)
        one.add_argument("email")
        one.set_defaults(command=run)
    factor = what.add_parser("second-factor", help="whether somebody has a second factor")
    factor.add_argument("email")
    factor.add_argument("--off", action="store_true", help="take it away, from somebody who has lost it")
    factor.set_defaults(command=_second_factor)
    sessions = what.add_parser("sessions", help="where somebody is signed in")
    sessions.add_argument("email")
    sessions.add_argument("--end", action="store_true", help="sign them out everywhere, now")
    sessions.set_defaults(command=_sessions)


def _add(arguments: argparse.Namespace) -> int:
    from ui.cli.user import add  # noqa: PLC0415

    return add(arguments.email, arguments.name, arguments.role)


def _list(arguments: argparse.Namespace) -> int:
    from ui.cli.user import list_people  # noqa: PLC0415

    return list_people(as_json=arguments.json)


def _role(arguments: argparse.Namespace) -> int:
    from ui.cli.user import role  # noqa: PLC0415

    return role(arguments.email, arguments.role)


def _password(arguments: argparse.Namespace) -> int:
    from ui.cli.user import password  # noqa: PLC0415

    return password(arguments.email)


def _disable(arguments: argparse.Namespace) -> int:
    from ui.cli.user import disable  # noqa: PLC0415

    return disable(arguments.email)


def _enable(arguments: argparse.Namespace) -> int:
    from ui.cli.user import enable  # noqa: PLC0415

    return enable(arguments.email)


def _link(arguments: argparse.Namespace) -> int:
    from ui.cli.user import link  # noqa: PLC0415

    return link(arguments.email)


def _unlink(arguments: argparse.Namespace) -> int:
    from ui.cli.user import unlink_from_provider  # noqa: PLC0415

    return unlink_from_provider(arguments.email)


def _remove(arguments: argparse.Namespace) -> int:
    from ui.cli.user import remove  # noqa: PLC0415

    return remove(arguments.email)


def _second_factor(arguments: argparse.Namespace) -> int:
    from ui.cli.user import second_factor  # noqa: PLC0415

    return second_factor(arguments.email, off=arguments.off)


def _sessions(arguments: argparse.Namespace) -> int:
    from ui.cli.user import sessions  # noqa: PLC0415

    return sessions(arguments.email, end=arguments.end)
