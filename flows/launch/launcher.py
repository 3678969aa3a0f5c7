"""Start everything, watch it, stop everything: what `storykin up` and `make run` do."""

import os
import signal
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from db.settings import record_settings
from flows.die_with_parent import die_with_parent
from flows.launch.child import Child
from flows.launch.console import Console
from flows.launch.logs import rotate
from flows.launch.options import LaunchOptions
from flows.launch.preparation import prepare_home
from flows.launch.start_up import StartUp
from flows.launch.stop_signals import StopRequested, StopSignals
from flows.launch.supervisor import Supervisor
from flows.restarts import Restart, note_restart
from flows.running import AlreadyRunning, InstanceLock, Running, forget, note, running
from flows.settings import flow_settings
from tasks.entry_point import prepare_process
from tasks.errors import StorykinError


def launch(options: LaunchOptions | None = None, console: Console | None = None) -> int:
    """Run Storykin until it is stopped. Returns 0 when it was stopped, 1 when something went wrong.

    To be called from the main thread: it takes SIGINT, SIGTERM and SIGHUP for itself.
    """
    options, console = options or LaunchOptions(), console or Console()
    if options.die_with_caller:
        die_with_parent(os.getppid(), signal.SIGTERM)
    prepare_process()
    home = options.home.absolute()
    with StopSignals() as signals:
        try:
            console.print_line("Storykin starts.")
            prepare_home(home, console)
            with InstanceLock(home):
                return _run_children(home, options, console, signals)
        except AlreadyRunning:
            console.problem(_already_running(running(home)))
        except StopRequested:
            return 0
        except StorykinError as error:
            console.problem(error.sentence)
        return 1


def _run_children(home: Path, options: LaunchOptions, console: Console, signals: StopSignals) -> int:
    """Start, watch, and however that ends, leave nothing running."""
    children = Supervisor(home / "logs", console)
    try:
        rotate(home / "logs" / "launcher.log", record_settings().log_days)
        console.step("data folder", str(home))
        starting = StartUp(home, options, flow_settings(), children, console)
        here = starting.run()
        note(home, here)
        _print_ready(here, console)
        children.watch(partial(_record_restart, home, here, children))
    except StopRequested:
        console.print_line("\nStopping …")
        return 0
    except Exception as error:
        console.problem(_sentence(home, error))
    finally:
        signals.hold()
        forget(home)
        children.stop(signals)
        console.print_line("Stopped.")
    return 1


def _record_restart(home: Path, here: Running, children: Supervisor, child: Child, why: str) -> None:
    """Write down the restart and the current process ids, for the studio and `storykin doctor`."""
    with suppress(OSError):  # a disk that is full stops nothing
        note(home, replace(here, pids=children.pids))
    title = child.service.title
    note_restart(home, Restart(child.service.name, title, why, datetime.now(UTC).isoformat()))


def _already_running(here: Running | None) -> str:
    if here is None:
        return "Storykin is just starting or stopping on this data folder. Try again in a moment."
    return f"Storykin is already running on this data folder (process {here.pid}): {here.studio_url}"


def _print_ready(here: Running, console: Console) -> None:
    console.print_line("\nStorykin is ready. Ctrl-C stops it.")
    console.print_line(f"  Studio             {here.studio_url}")
    console.print_line(f"  Prefect dashboard  {here.prefect_url}")


def _sentence(home: Path, error: Exception) -> str:
    """What people are told of `error`; what it was exactly goes to the launcher's log."""
    path = home / "logs" / "launcher.log"
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{datetime.now(UTC).isoformat()}\n")
        traceback.print_exception(error, file=log)
    sentence = getattr(error, "sentence", None)
    if isinstance(sentence, str):
        return sentence
    return f"Something unexpected went wrong ({type(error).__name__}). Its log: {path}"
