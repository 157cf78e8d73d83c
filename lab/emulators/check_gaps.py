"""Checks the gaps of an emulator: `check_gaps.py aws` or `check_gaps.py ecs`.

Each gap has a test, or several, in `gaps/<emulator>.py`: functions with the name of the function that closes the gap,
and after two underscores what else they are about. A test has to pass when all gaps are closed, and to fail when all
are closed but its own: where it does not, the emulator has closed the gap itself, and ours can go.

Each run is a process of its own with a server of its own, forked when everything is imported already. A thread that an
emulator starts when it is imported is not there, and no test needs one.
"""

import importlib
import os
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from types import ModuleType

import boto3
from botocore.config import Config

MOST_SECONDS = 60


def main() -> None:
    name = sys.argv[1]
    os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="spillway-gaps-")
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    os.environ.update(
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_EC2_METADATA_DISABLED="true",
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="127.0.0.1",
        S3_DATA_DIR=os.path.join(os.environ["TMPDIR"], "s3"),
        STATE_DIR=os.path.join(os.environ["TMPDIR"], "state"),
    )
    emulator = importlib.import_module(f"spillway_emulators.{name}")
    tests = importlib.import_module(f"gaps.{name}")
    faults = check(emulator, tests, listener)
    print("\n".join(faults), file=sys.stderr)
    sys.exit(1 if faults else 0)


def check(emulator: ModuleType, tests: ModuleType, listener: socket.socket) -> list[str]:
    names = [name for name, value in vars(tests).items() if getattr(value, "__module__", None) == tests.__name__]
    gaps = {gap.__name__: gap for gap in emulator.GAPS}
    named = {name: name.partition("__")[0] for name in names if not name.startswith("_")}
    faults = [f"{gap} has no test" for gap in gaps if gap not in named.values()]
    for name, gap in named.items():
        if gap not in gaps:
            faults.append(f"{name} is no test of a gap")
            continue
        test = getattr(tests, name)
        others = [close for other, close in gaps.items() if other != gap]
        with_all = failure(emulator, list(gaps.values()), test, listener)
        without = failure(emulator, others, test, listener)
        if with_all:
            faults.append(f"{name} fails, although its gap is closed:\n{with_all}")
        if not without:
            faults.append(f"{name} passes without {gap}: does the emulator do this itself now?")
        print(f"{name}: {'fails' if with_all else 'passes'}; with its gap open, {last_line(without) or 'it passes'}")
    return faults


def last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def failure(emulator: ModuleType, gaps: list[Callable], test: Callable, listener: socket.socket) -> str:
    """How a test fails where these gaps are closed; empty if it passes."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(read)
        run(emulator, gaps, test, listener, write)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as told:
        text = told.read()
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    # A test that passes says so; a process that ends before it can is a failure.
    return "" if text == "passed" else text or "the process ended"


def run(emulator: ModuleType, gaps: list[Callable], test: Callable, listener: socket.socket, write: int) -> None:
    """The server in the main thread, which is where it listens to signals, and the test beside it."""
    os.setpgid(0, 0)
    log = os.open(os.path.join(os.environ["TMPDIR"], "log"), os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)

    def tell(text: str) -> None:
        os.write(write, text.encode())
        os.close(write)
        # The parent kills the group, with all that was started.
        signal.pause()

    def play() -> None:
        config = Config(retries={"max_attempts": 1}, read_timeout=20)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            test(lambda service: boto3.client(service, endpoint_url=url, config=config))
        except BaseException:
            tell(traceback.format_exc())
        tell("passed")

    for close in gaps:
        close()
    threading.Thread(target=play, daemon=True).start()
    threading.Timer(MOST_SECONDS, tell, [f"it takes more than {MOST_SECONDS} s"]).start()
    emulator.serve(os.dup(listener.fileno()))


if __name__ == "__main__":
    main()
