#!/usr/bin/env python3
"""Writes normalization.txt from the files UnicodeData.txt and CompositionExclusions.txt of the Unicode Character Database.

usage: make-table.py FOLDER-OF-THE-DATABASE > normalization.txt

Lines (numbers in hexadecimal):
  composite first second    the pair composes
  character=one or two      decomposes, but never composes
  first-last:class          canonical combining class other than 0
"""
import pathlib
import re
import sys

folder = pathlib.Path(sys.argv[1])
excluded = {int(line.split("#")[0], 16) for line in (folder / "CompositionExclusions.txt").read_text().splitlines() if re.match("[0-9A-F]", line)}
classes, decompositions = {}, {}
for line in (folder / "UnicodeData.txt").read_text().splitlines():
    fields = line.split(";")
    code = int(fields[0], 16)
    if fields[3] != "0":
        classes[code] = int(fields[3])
    if fields[5] and not fields[5].startswith("<"):
        decompositions[code] = [int(part, 16) for part in fields[5].split()]

for code, parts in decompositions.items():
    starts = code not in classes and parts[0] not in classes
    composes = len(parts) == 2 and starts and code not in excluded
    print("{:X}{}{}".format(code, " " if composes else "=", " ".join(f"{part:X}" for part in parts)))

run = []
for code in sorted(classes) + [None]:
    if run and (code != run[-1] + 1 or classes[code] != classes[run[0]]):
        print(f"{run[0]:X}-{run[-1]:X}:{classes[run[0]]:X}")
        run = []
    run.append(code)
