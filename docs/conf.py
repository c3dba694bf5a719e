"""Configuration of Sphinx: `./dev docs` builds the documentation into docs/_build."""

import pathlib
import sys

from sphinx.util import logging

import pyextrasafe
from pyextrasafe._native import ffi, lib

sys.path.insert(0, str(pathlib.Path(__file__).parent / "_ext"))

project = "pyextrasafe"
version = release = ffi.string(lib.es_version()).decode()
exclude_patterns = ["_build"]
extensions = [
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "docstrings",
    "myst_parser",  # CHANGELOG.md and the like, which pages include
    "rulesets",
    "request_list",
    "escapes",
    "needs",
    "operations",
    "command_line",
    "performance",
    "terminal",
    "flow",
    "cards",
]
html_theme = "furo"
pygments_dark_style = "a11y-high-contrast-dark"
html_title = f"{project} {version}"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_favicon = "_static/icon.svg"
html_theme_options = {
    "light_css_variables": {
        "scroll-shadow": "rgb(0 0 0 / 22%)",
        "color-allowed": "#1a7f37",
        "color-refused": "#c62828",
        "color-explained": "#8a5a00",
    },
    "dark_css_variables": {
        "scroll-shadow": "rgb(255 255 255 / 28%)",
        "color-allowed": "#5fd07f",
        "color-refused": "#ff8a80",
        "color-explained": "#f0b95a",
    },
}
# What a prompt stands before is copied, and without it; what a command prints is not.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_line_continuation_character = "\\"
manpages_url = "https://manpages.debian.org/{page}.{section}.en.html"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

# Every reference has to lead somewhere, but for those to Python's own documentation.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(bool|bytes|int|object|str|None|KeyboardInterrupt|TypeError|ValueError|OSError)"),
    (r"py:.*", r"(fcntl|logging|mmap|os|pathlib|select|shutil|signal|socket|subprocess)\..*"),
    (r"py:.*", r"(collections|ssl|sys|termios|threading|time|typing|zoneinfo)\..*"),
    (r"py:mod", r"(atexit|ctypes|faulthandler|getpass|multiprocessing|termios|tty)"),
    (r"py:class", r"(BinaryIO|Iterable.*|Path|Told|OpLike|CompareLike|RuleLike|Self|ClassVar.*)"),
]


def check_public_names(app, env):
    """Warn of public names without documentation, and of documented ones that are not public."""
    documented = {
        name.split(".")[1]
        for name, entry in env.domaindata["py"]["objects"].items()
        if name.startswith("pyextrasafe.") and not entry.aliased
    }
    logger = logging.getLogger(__name__)
    for name in documented ^ set(pyextrasafe.__all__):
        logger.warning("documented, or public, but not both: %s", name)


def setup(app):
    app.connect("env-check-consistency", check_public_names)
