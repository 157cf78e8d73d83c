"""Packs a program as Lambda wants it: a zip with one executable in it, which has a name there.

Usage: pack.py PROGRAM ZIP NAME
"""

import sys
import zipfile


def main():
    program, path, name = sys.argv[1:]
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", compresslevel=1) as archive, open(program, "rb") as file:
        archive.writestr(entry, file.read(), compresslevel=1)


if __name__ == "__main__":
    main()
