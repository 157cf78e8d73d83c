"""Packs a binary as Lambda wants it: a zip with an executable `bootstrap` in it.

Usage: pack.py BINARY ZIP
"""

import sys
import zipfile


def main():
    binary, path = sys.argv[1:]
    entry = zipfile.ZipInfo("bootstrap")
    entry.external_attr = 0o755 << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", compresslevel=1) as archive, open(binary, "rb") as file:
        archive.writestr(entry, file.read(), compresslevel=1)


if __name__ == "__main__":
    main()
