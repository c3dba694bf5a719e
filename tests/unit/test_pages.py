"""No page of the documentation has code in Python of its own, which nobody would run.

tests/kernel/test_docs_snippets.py runs what pages include.
"""

import ast
import re
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {
    str(path.relative_to(DOCS)): path.read_text()
    for path in DOCS.rglob("*.rst")
    if "_build" not in path.parts
}
# Directives with code, and languages that are not Python.
DIRECTIVE = r"(?:code|code-block|sourcecode|highlight|doctest|testcode|parsed-literal|raw)"
OTHERS = {"code-block:: console", "code-block:: none", "code-block:: yaml"}


def inline(text):
    """Yield the literal blocks of a page: those after a paragraph that ends with two colons."""
    for found in re.finditer(r"^( *)(?!\.\.)\S.*::\n\n((?:\1 +.*\n|\n)+)", text, re.M):
        yield textwrap.dedent(found[2])


def is_python(block):
    """Could a block be a program, and not only words that Python happens to read?"""
    try:
        tree = ast.parse(block)
    except SyntaxError:
        return False
    plain = (ast.Module, ast.Expr, ast.Name, ast.Constant, ast.Load, ast.BinOp, ast.operator)
    return not all(isinstance(node, plain) for node in ast.walk(tree))


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_code_of_its_own(page):
    text = PAGES[page]
    assert set(re.findall(rf"\.\. ({DIRECTIVE}::.*\S)", text)) <= OTHERS
    assert not re.search(r"^ *>>> ", text, re.M)
    assert not [block for block in inline(text) if is_python(block)]


def test_code_is_found():
    page = "Like this::\n\n   import os\n\n   os.fork()\n\nOr that::\n\n   ./dev wheel\n\n"
    assert [is_python(block) for block in inline(page)] == [True, False]
    assert not is_python("make\n")
