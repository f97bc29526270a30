#!/usr/bin/env python3
"""Writes compatibility.txt from the file UnicodeData.txt of the Unicode Character Database.

usage: make-compatibility.py FOLDER-OF-THE-DATABASE > compatibility.txt

Each line holds a character and what it decomposes to by compatibility, in hexadecimal.
"""
import pathlib
import sys

for line in (pathlib.Path(sys.argv[1]) / "UnicodeData.txt").read_text().splitlines():
    fields = line.split(";")
    if fields[5].startswith("<"):
        print(f"{int(fields[0], 16):X}", " ".join(f"{int(part, 16):X}" for part in fields[5].split()[1:]))
