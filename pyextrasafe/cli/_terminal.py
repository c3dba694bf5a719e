"""What is printed: colours on terminals alone, and nothing more when nobody reads it."""

import os
import sys

from ._command import TROUBLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

BOLD, RED, GREEN = "1", "31", "32"
_SIGPIPE = 128 + 13  # how shells tell that a program was ended by it


def is_terminal(stream: "TextIO | None") -> bool:
    """Tell whether a stream, None where it is closed, is a terminal."""
    return stream is not None and stream.isatty()


def painted(text: str, colour: str) -> str:
    """Return a text in a colour, if it goes to a terminal and NO_COLOR is not set."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return text if plain or not is_terminal(sys.stdout) else f"\033[{colour}m{text}\033[0m"


def write(text: str) -> None:
    """Print a line, or several."""
    stream = sys.__stdout__  # a program may have put something else in its place
    if stream is not None:
        # What it cannot say, as a path that is not UTF-8, is no reason to say nothing.
        errors = stream.errors or "strict"
        errors = "backslashreplace" if errors == "strict" else errors
        write_bytes(f"{text}\n".encode(stream.encoding, errors))


def write_bytes(data: bytes) -> None:
    """Print bytes; end if that fails, silently where nobody reads them: `... | head -1`."""
    stream = sys.__stdout__
    if stream is None:
        return
    try:
        stream.buffer.write(data)
        stream.flush()
    except BrokenPipeError:
        os._exit(_SIGPIPE)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "it was closed")
        sys.stderr.write(f"pyextrasafe: standard output: {why}\n")
        sys.stderr.flush()
        os._exit(TROUBLE)
