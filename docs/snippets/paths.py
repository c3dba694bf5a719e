import os
import pathlib
import socket

from pyextrasafe import Networking, SafetyContext, SystemIO

for name in ("templates", "data", "outbox"):
    os.mkdir(name)
pathlib.Path("templates/letter").write_text("Dear {name}")

SafetyContext().enable(
    SystemIO()
    .allow_read_path("templates")
    .allow_scratch_dir("data")
    .allow_create_in_dir("outbox")
    .allow_stdout(),
    Networking().allow_start_tcp_clients(5432),
).apply_to_all_threads()

letter = pathlib.Path("templates/letter").read_text()
pathlib.Path("data/letter").write_text(letter.format(name="Ada"))
pathlib.Path("outbox/letter").write_text(letter.format(name="Ada"))

for attempt in (
    lambda: os.open("measurements.csv", os.O_RDONLY),  # Landlock: no permission names it
    lambda: os.open("templates/../measurements.csv", os.O_RDONLY),
    lambda: os.open("templates/letter", os.O_WRONLY),
    lambda: os.open("outbox/letter", os.O_RDONLY),
    lambda: os.rename("data/letter", "outbox/moved"),
    lambda: os.chmod("data/letter", 0o666),  # the filter
    lambda: socket.create_connection(("127.0.0.1", 22)),
):
    try:
        attempt()
    except OSError as refusal:
        print(refusal)
