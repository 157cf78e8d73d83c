"""How long an emulator lives: until its standard input ends, so that nothing outlives whoever started it."""

import os
import shutil
import signal
import sys
import threading


def end_with_standard_input():
    """Standard input is a pipe from the parent, and ends with the parent, however that ended."""
    threading.Thread(target=wait_and_end, daemon=True).start()


def wait_and_end():
    while os.read(sys.stdin.fileno(), 4096):
        pass
    end()


def end():
    """Takes everything along: the files, which are all in one directory, and what was started, which
    runs in the process group of this process. Nothing is worth an orderly end: all state was in memory."""
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)
