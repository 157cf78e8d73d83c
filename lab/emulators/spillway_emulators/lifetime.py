"""What an emulator has from its parent: its standard input, whose end ends it, so that nothing outlives the parent; and
its standard output, which is the socket that it answers on.
"""

import os
import shutil
import signal
import sys
import threading


def end_with_standard_input() -> None:
    """Standard input is a pipe from the parent, and ends with the parent, however that ended."""
    threading.Thread(target=wait_and_end, daemon=True).start()


def take_listener() -> int:
    """The descriptor of the socket. The parent listens on it already, so that no other program takes the port
    meanwhile. What is printed goes into the log from now on."""
    listener = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return listener


def wait_and_end() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    end()


def end() -> None:
    """Takes everything along: the files, which are all in one directory, and what was started, which
    runs in the process group of this process. Nothing is worth an orderly end: all state was in memory."""
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)
