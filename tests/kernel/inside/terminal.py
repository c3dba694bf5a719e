"""A terminal of its own for a case; whoever holds the other end types and reads."""

import fcntl
import os
import struct
import sys
import termios


class Terminal:
    def __init__(self, rows, columns):
        self._other_end, self._streams = os.openpty()
        fcntl.ioctl(self._streams, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def other_end(self):
        """The descriptor of the other end, in a process that has no use for the terminal itself."""
        os.close(self._streams)
        return self._other_end

    def take_streams(self):
        """Put the terminal in the place of the standard streams."""
        for stream in range(3):
            os.dup2(self._streams, stream)
        os.close(self._streams)
        os.close(self._other_end)
        sys.stdout.reconfigure(line_buffering=True)
        os.environ["TERM"] = "xterm"
        os.environ.pop("COLUMNS", None)
