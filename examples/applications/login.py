"""Ask for a password that nobody may see, then show how far the work is."""

import getpass
import io
import warnings

import rich.console
import rich.progress
import typer

from pyextrasafe import SafetyContext, SystemIO, Threads

# Where a terminal cannot be told to be silent, getpass warns, and asks all the same.
warnings.simplefilter("error", getpass.GetPassWarning)

app = typer.Typer()


@app.command()
def login(steps: int = 20):
    # rich imports more when it draws.
    list(rich.progress.track([1], console=rich.console.Console(file=io.StringIO())))

    SafetyContext().enable(
        Threads().allow_create_threads(),  # one draws the bar
        SystemIO().allow_stdin().allow_stdout().allow_stderr().allow_terminal(),
    ).apply_to_all_threads()

    password = typer.prompt("Password", hide_input=True)
    for _ in rich.progress.track(range(steps), "Working"):
        pass
    print("The password has", len(password), "letters.", flush=True)


app()
