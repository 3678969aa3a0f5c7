"""A unit for systemd that keeps `storykin up` running: after a crash, a kill -9 and a reboot."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import StorykinError

UNIT = "storykin.service"
# What any account's service manager can hold a service to.
_FOR_ALL = (
    "UMask=0077",
    "NoNewPrivileges=yes",
    "LockPersonality=yes",
    "RestrictRealtime=yes",
    "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native",
)
# What only the system's can.
_FOR_THE_SYSTEM = (
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectSystem=strict",
    "ProtectHome=read-only",
    "ProtectClock=yes",
    "ProtectControlGroups=yes",
    "ProtectHostname=yes",
    "ProtectKernelLogs=yes",
    "ProtectKernelModules=yes",
    "ProtectKernelTunables=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
    "RestrictNamespaces=yes",
)
# Root's Postgres runs as another account, which has to be become, and to own its files.
_ROOTS = (
    "StateDirectory=storykin",
    "StateDirectoryMode=0711",
    "CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_KILL",
)


class ServiceManagerFailed(StorykinError):
    """systemd is not here, or did not do as it was told."""

    code = "service_manager"


@dataclass(frozen=True)
class Unit:
    """The unit of one installation, for the system's service manager or for one account's own."""

    home: Path
    folder: Path  # where `.env` is
    system: bool
    account: str  # that a system's service runs as

    @property
    def path(self) -> Path:
        """Where systemd looks for it."""
        if self.system:
            return Path("/etc/systemd/system") / UNIT
        configured = os.environ.get("XDG_CONFIG_HOME")
        return (Path(configured) if configured else Path.home() / ".config") / "systemd" / "user" / UNIT

    def text(self) -> str:
        """The unit file's content. It holds no secret: those are in `.env` or in the data folder."""
        lines = [
            "[Unit]",
            "Description=Storykin, one photo in, a storybook character out",
            "After=network-online.target",
            "Wants=network-online.target",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            "Type=exec",
            f"ExecStart={_quoted(sys.executable)} -m ui.cli up",
            f"WorkingDirectory={_escaped(self.folder)}",
            f"Environment={_quoted(f'STORYKIN_HOME={self.home}')}",
            "Restart=on-failure",
            "RestartSec=5",
            "KillMode=mixed",
            "TimeoutStopSec=90",
            *_FOR_ALL,
            *(self._for_the_system() if self.system else ()),
            "",
            "[Install]",
            f"WantedBy={'multi-user.target' if self.system else 'default.target'}",
        ]
        return "\n".join(lines) + "\n"

    def _for_the_system(self) -> tuple[str, ...]:
        whose = _ROOTS if self.account == "root" else (f"User={self.account}", "CapabilityBoundingSet=")
        return (*_FOR_THE_SYSTEM, f"ReadWritePaths={_quoted(self.home)}", *whose)

    def install(self) -> None:
        """Write it, and have it started now and at every boot. Raises ServiceManagerFailed."""
        self._ask("--version")  # before anything is written
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)  # ReadWritePaths wants it to be there
        try:
            self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            unfinished = self.path.with_suffix(".unfinished")
            unfinished.write_text(self.text(), encoding="utf-8")
            unfinished.chmod(0o644)
            unfinished.replace(self.path)
        except OSError as error:
            raise ServiceManagerFailed(f"{self.path} can't be written: {error.strerror}.") from error
        self._ask("daemon-reload")
        self._ask("enable", "--now", UNIT)

    def uninstall(self) -> None:
        """Stop it for good and remove the unit; the data folder stays. Raises ServiceManagerFailed."""
        if not self.path.exists():
            raise ServiceManagerFailed(f"No service is installed: there is no {self.path}.")
        self._ask("disable", "--now", UNIT)
        self.path.unlink(missing_ok=True)
        self._ask("daemon-reload")

    def _ask(self, *what: str) -> None:
        systemctl = shutil.which("systemctl")
        if systemctl is None:
            raise ServiceManagerFailed(
                "This machine has no systemd. `storykin up` runs in any other service manager."
            )
        whose = [] if self.system else ["--user"]
        done = subprocess.run([systemctl, *whose, *what], check=False, capture_output=True, text=True)  # noqa: S603
        if done.returncode != 0:
            output = (done.stderr or done.stdout).strip().splitlines() or ["it gave no reason"]
            raise ServiceManagerFailed(f"systemctl {what[0]} failed: {output[-1]}")


def _escaped(value: object) -> str:
    """`value` where systemd would take a percent sign for one of its own."""
    return str(value).replace("%", "%%")


def _quoted(value: object) -> str:
    escaped = _escaped(value).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return f'"{escaped}"'
