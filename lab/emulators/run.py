"""Runs an emulator: `run.py aws` or `run.py ecs`, with the socket that it answers on as standard output. It ends when
its standard input ends.
"""

import importlib
import sys

from spillway_emulators import lifetime, loopback


def main() -> None:
    # Before the imports of an emulator, which take seconds.
    listener = lifetime.take_listener()
    lifetime.end_with_standard_input()
    loopback.guard_http_servers()
    emulator = importlib.import_module(f"spillway_emulators.{sys.argv[1]}")
    for close in emulator.GAPS:
        close()
    try:
        emulator.serve(listener)
    finally:
        lifetime.end()


if __name__ == "__main__":
    main()
