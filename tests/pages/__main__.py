"""Opens every page of the documentation in Chromium, and says what is wrong with it.

    python -m pages FOLDER

Each page is opened in windows of three widths, in light and in dark.  No request leaves the
machine: links to elsewhere are not followed.
"""

import contextlib
import functools
import http.server
import pathlib
import shutil
import sys
import tempfile
import threading
import urllib.parse

from playwright.sync_api import sync_playwright

from . import broken

WIDTHS = (390, 768, 1280)
SCHEMES = ("light", "dark")
# What users look for.
WORDS = ("dns", "docker", "fastapi", "isatty")
MEASURE = (pathlib.Path(__file__).parent / "page.js").read_text()
NO_NAMES = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing about it."""

    def log_message(self, *arguments):
        pass


@contextlib.contextmanager
def served(folder):
    """Serve a folder, and yield its address."""
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Visitor:
    """Opens the pages of a folder and notes their faults."""

    def __init__(self, browser, folder, address):
        self.browser = browser
        self.address = address
        self.names = sorted(
            str(path.relative_to(folder))
            for path in folder.rglob("*.html")
            if "_static" not in path.parts
        )
        self.files = {str(path.relative_to(folder)) for path in folder.rglob("*")}
        self.faults = []
        self.checks = 0
        self.ids, self.links = {}, {}

    def note(self, where, *faults):
        """Note the outcome of a check."""
        self.checks += 1
        self.faults += [(where, fault) for fault in faults]

    @contextlib.contextmanager
    def window(self, width, scheme):
        """Yield a page of a new window, and a list to which its errors come."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            permissions=["clipboard-read", "clipboard-write"],
        )
        page, errors = context.new_page(), []
        page.on("pageerror", lambda error: errors.append(f"script error: {error}"))
        page.on("console", lambda it: it.type == "error" and errors.append(f"console: {it.text}"))
        page.on("request", lambda request: errors.extend(self.foreign(request.url)))
        yield page, errors
        context.close()

    def foreign(self, url):
        is_own = url.startswith((self.address, "data:", "blob:"))
        return [] if is_own else [f"a request to elsewhere: {url}"]

    def visit(self, width, scheme):
        """Open every page in a window."""
        with self.window(width, scheme) as (page, errors):
            for name in self.names:
                errors.clear()
                page.goto(self.address + name)
                found = page.evaluate(MEASURE)
                self.note(f"{name} at {width}, {scheme}", *errors, *found["faults"])
                self.ids[name], self.links[name] = set(found["ids"]), found["links"]

    def follow(self):
        """Look for what the links within the folder lead to."""
        for name, links in self.links.items():
            dead = []
            for link in dict.fromkeys(links):
                target, _, anchor = link.partition("#")
                if not target.startswith(self.address):
                    continue
                path = urllib.parse.unquote(urllib.parse.urlsplit(target).path).lstrip("/")
                path = path or "index.html"
                anchor = urllib.parse.unquote(anchor)
                if path not in self.files or (anchor and anchor not in self.ids.get(path, ())):
                    dead.append(f"dead link: {link.removeprefix(self.address)}")
            self.note(name, *dead)

    def copy(self):
        """Click the copy buttons of commands, and look at what was copied."""
        with self.window(WIDTHS[-1], "light") as (page, _):
            for name in self.names:
                page.goto(self.address + name)
                for block in page.query_selector_all("div.highlight-console"):
                    block.hover()
                    block.query_selector("button.copybtn").click()
                    copied = page.evaluate("navigator.clipboard.readText()")
                    commands = [
                        line.removeprefix("$ ")
                        for line in block.query_selector("pre").inner_text().splitlines()
                        if line.startswith("$ ")
                    ]
                    is_right = commands and copied.splitlines()[: len(commands)] == commands
                    self.note(name, *([] if is_right else [f"copied: {copied!r}"]))

    def search(self, words):
        """Search for words: the first page that is found has to contain each of them."""
        with self.window(WIDTHS[0], "light") as (page, errors):
            for word in words:
                errors.clear()
                page.goto(f"{self.address}search.html?q={word}")
                page.wait_for_function(
                    "!document.querySelector('#search-progress')?.textContent.trim()"
                    " && document.querySelector('#search-results p.search-summary')"
                )
                link = page.query_selector("#search-results li a")
                if link is None:
                    self.note(f"search for {word}", "nothing was found", *errors)
                    continue
                page.goto(link.evaluate("link => link.href"))
                text = page.inner_text("article").lower()
                fault = [] if word in text else [f"it is not in {page.url}"]
                self.note(f"search for {word}", *errors, *fault)


def visited(browser, folder, widths=WIDTHS, schemes=SCHEMES):
    """Return a visitor that has opened and followed everything."""
    with served(folder) as address:
        visitor = Visitor(browser, folder, address)
        for width in widths:
            for scheme in schemes:
                visitor.visit(width, scheme)
        visitor.follow()
        if "search.html" in visitor.files:
            visitor.copy()
            visitor.search(WORDS)
    return visitor


def check_broken_pages(browser):
    """Are the faults of pages found that are broken on purpose?"""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, (body, _) in broken.PAGES.items():
            text = f"<!doctype html><title>{name}</title><link rel=icon href=data:,>{body}"
            (folder / f"{name}.html").write_text(text)
        visitor = visited(browser, folder, WIDTHS[:1], SCHEMES[:1])
    for name, (_, expected) in broken.PAGES.items():
        found = [fault for where, fault in visitor.faults if where.startswith(f"{name}.html")]
        if not any(it.startswith(expected) for it in found) if expected else found:
            yield f"{name} is broken on purpose", f"expected {expected or 'nothing'}, not {found}"


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[NO_NAMES])
        faults = list(check_broken_pages(browser))
        visitor = visited(browser, folder)
        browser.close()
    faults += visitor.faults
    for where, fault in faults:
        print(f"{where}: {fault}")
    failed = len(dict(faults))
    print(f"{visitor.checks + len(broken.PAGES) - failed} passed, {failed} failed")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
