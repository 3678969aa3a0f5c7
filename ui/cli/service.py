"""`storykin service print|install|uninstall`: Storykin as a service of systemd."""

import argparse
import os
import pwd

from db.settings import PROJECT, record_settings
from flows.launch.systemd import Unit

DONE = 0


def service(arguments: argparse.Namespace) -> int:
    """Print the unit, install and start it, or stop and remove it."""
    system = arguments.system or (os.geteuid() == 0 and not arguments.user)
    unit = Unit(
        home=record_settings().home.resolve(),
        folder=PROJECT,
        system=system,
        account=arguments.account or pwd.getpwuid(os.geteuid()).pw_name,
    )
    if arguments.what == "print":
        print(unit.text(), end="")
    elif arguments.what == "install":
        unit.install()
        whose = "" if system else " --user"
        print(
            f"Storykin runs as a service ({unit.path}). `journalctl{whose} -u storykin` shows what it says."
        )
        if not system:
            print("It runs while you are logged in; `loginctl enable-linger` lets it run without.")
    else:
        unit.uninstall()
        print(f"The service is stopped and removed; the data folder {unit.home} stays.")
    return DONE
