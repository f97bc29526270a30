#!/usr/bin/env python3
"""optional_versions.py FILE VERSION...: marks symbol versions that a 64-bit ELF library needs as optional (VER_FLG_WEAK), in place.

The loader then starts the library although the system's copy of the needed one does not define them.
"""

import struct
import sys

SHT_GNU_VERNEED = 0x6FFFFFFE
VER_FLG_WEAK = 2


def sections(data):
    """The (type, offset, linked section) of each section header."""
    table, = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    for index in range(count):
        header = struct.unpack_from("<IIQQQQIIQQ", data, table + index * size)
        yield header[1], header[4], header[6]


def make_optional(data, names):
    found = set()
    all_sections = list(sections(data))
    for kind, offset, linked in all_sections:
        if kind != SHT_GNU_VERNEED:
            continue
        strings = all_sections[linked][1]
        while True:
            _, count, _, first, following = struct.unpack_from("<HHIII", data, offset)
            entry = offset + first
            for _ in range(count):
                _, flags, _, name, step = struct.unpack_from("<IHHII", data, entry)
                text = data[strings + name:data.index(0, strings + name)].decode()
                if text in names:
                    struct.pack_into("<H", data, entry + 4, flags | VER_FLG_WEAK)
                    found.add(text)
                entry += step
            if following == 0:
                break
            offset += following
    return found


def main():
    path, *names = sys.argv[1:]
    with open(path, "rb") as file:
        data = bytearray(file.read())
    if data[:5] != b"\x7fELF\x02":
        sys.exit(f"{path} is not a 64-bit ELF file")
    print("optional now:", ", ".join(sorted(make_optional(data, set(names)))) or "nothing", file=sys.stderr)
    with open(path, "wb") as file:
        file.write(data)


if __name__ == "__main__":
    main()
