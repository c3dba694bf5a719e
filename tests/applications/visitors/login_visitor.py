"""Type a password where it is asked for; returns what the terminal showed."""

import os


def visit(process):
    shown = read_until(b"Password: ")
    os.write(terminal, b"sesame\n")  # noqa: F821  whoever runs this sets it
    return shown + read_until(None)


def read_until(words):
    """Read until these words, or until nobody has the terminal any more."""
    shown = b""
    while words is None or words not in shown:
        try:
            shown += os.read(terminal, 4096)  # noqa: F821
        except OSError:
            break
    return shown
