"""What the kernel says about the calling thread: is it locked down, and with what."""

FIELDS = ("NoNewPrivs", "Seccomp", "Seccomp_filters", "CapAmb")


def status():
    """The fields of proc_pid_status(5) that a lock-down changes."""
    with open("/proc/thread-self/status") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line)
    return {name: lines[name].strip() for name in FIELDS if name in lines}
