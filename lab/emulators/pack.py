"""Packs a program as Lambda wants it: a zip with one executable in it, which has a name there, or with all that is in a
folder.

Usage: pack.py PROGRAM|FOLDER ZIP NAME LEVEL
"""

import sys
import zipfile
from pathlib import Path


def main() -> None:
    program, path, name, level = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    files = [(program, name)]
    if program.is_dir():
        files = [(file, str(file.relative_to(program))) for file in sorted(program.rglob("*")) if file.is_file()]
    with zipfile.ZipFile(path, "w") as archive:
        for file, entry in files:
            # Without the time of the build: the same files make the same zip.
            info = zipfile.ZipInfo(entry)
            info.external_attr = 0o755 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.read_bytes(), compresslevel=level)


if __name__ == "__main__":
    main()
