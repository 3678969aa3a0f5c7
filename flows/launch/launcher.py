"""Start everything, watch it, stop everything: what `storykin up` and `make run` do."""

import os
import signal
import traceback
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from flows.die_with_parent import die_with_parent
from flows.launch.child import Child
from flows.launch.console import Console
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
            console.say("Storykin starts.")
            prepare_home(home, console)
            with InstanceLock(home):
                return _keep_up(home, options, console, signals)
        except AlreadyRunning:
            console.problem(_already(running(home)))
        except StopRequested:
            return 0
        except StorykinError as error:
            console.problem(error.sentence)
        return 1


def _keep_up(home: Path, options: LaunchOptions, console: Console, signals: StopSignals) -> int:
    """Start, watch, and however that ends, leave nothing running."""
    children = Supervisor(home / "logs", console)
    try:
        console.step("data folder", str(home))
        starting = StartUp(home, options, flow_settings(), children, console)
        here = starting.run()
        note(home, here)
        _say_ready(here, console)
        children.watch(partial(_tell_restart, home, here, children))
    except StopRequested:
        console.say("\nStopping …")
        return 0
    except Exception as error:
        console.problem(_sentence(home, error))
    finally:
        signals.hold()
        forget(home)
        children.stop(signals)
        console.say("Stopped.")
    return 1


def _tell_restart(home: Path, here: Running, children: Supervisor, child: Child, why: str) -> None:
    """For the studio and `storykin doctor`: what was started again, and which processes there are now."""
    with suppress(OSError):  # a disk that is full stops nothing
        note(home, replace(here, pids=children.pids))
    title = child.service.title
    note_restart(home, Restart(child.service.name, title, why, datetime.now(UTC).isoformat()))


def _already(here: Running | None) -> str:
    if here is None:
        return "Storykin is just starting or stopping on this data folder. Try again in a moment."
    return f"Storykin is already running on this data folder (process {here.pid}): {here.studio_url}"


def _say_ready(here: Running, console: Console) -> None:
    console.say("\nStorykin is ready. Ctrl-C stops it.")
    console.say(f"  Studio             {here.studio_url}")
    console.say(f"  Prefect dashboard  {here.prefect_url}")


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
