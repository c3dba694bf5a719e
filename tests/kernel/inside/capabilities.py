"""Capabilities of the calling thread, see capabilities(7) and capset(2)."""

import os

VERSION_3 = 0x20080522
CAP_SYS_ADMIN = 21


def set_capabilities(raw, effective, permitted, inheritable):
    """Three sets of capabilities, as bit masks."""
    words = [
        (mask >> shift & 0xFFFFFFFF).to_bytes(4, "little")
        for shift in (0, 32)
        for mask in (effective, permitted, inheritable)
    ]
    header = raw.memory(VERSION_3.to_bytes(4, "little") + bytes(4))
    raw("capset", header, raw.memory(b"".join(words)))


def drop_all(raw):
    """Become as powerless as the ordinary user whose folder this is."""
    owner = os.stat(".").st_uid
    if owner != os.geteuid():
        os.setresuid(owner, owner, owner)
    set_capabilities(raw, 0, 0, 0)
