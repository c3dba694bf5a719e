"""help() is plain text without markup of Sphinx, and says what a call takes and raises."""

import ast
import builtins
import importlib
import inspect
import pkgutil
import pydoc
import re
import textwrap
from pathlib import Path

import pytest

import pyextrasafe
from pyextrasafe import cli

pytestmark = pytest.mark.once

# Roles, fields, literal blocks and literals.
MARKUP = re.compile(
    r":[a-z]+:`|^[\s|#]*:(?:param|return|raise|rtype|type|yield)\w*\b[^:\n]*:|::$|``", re.M
)

# The compiled module has no docstrings, and __main__ runs.
MODULES = [pyextrasafe.__name__] + [
    found.name
    for found in pkgutil.walk_packages(pyextrasafe.__path__, "pyextrasafe.")
    if found.name not in ("pyextrasafe._native", "pyextrasafe.__main__")
]
SOURCES = sorted(Path(pyextrasafe.__file__).parent.rglob("*.py"))
PUBLIC = {name: getattr(pyextrasafe, name) for name in pyextrasafe.__all__}
CLASSES = {name: value for name, value in PUBLIC.items() if isinstance(value, type)}
# What the methods of a class are called of; classes that only the library makes have none.
MADE = {"Filter": pyextrasafe.SafetyContext().compile()}


def public_callables():
    """Yield the names and values of what is called from outside."""
    for name, value in PUBLIC.items():
        yield name, value
        for own in vars(value) if isinstance(value, type) else ():
            if not own.startswith("_") and callable(getattr(value, own)):
                yield f"{name}.{own}", getattr(MADE.get(name, value), own)


CALLABLES = dict(public_callables())


def sections(value):
    """Return {title: {name: description}} of the sections of a docstring, as Args and Raises."""
    texts = [value.__doc__]
    if isinstance(value, type) and "__init__" in vars(value):
        texts.append(value.__init__.__doc__)
    found, title = {}, None
    for line in "\n".join(inspect.cleandoc(text) for text in texts if text).splitlines():
        head = re.fullmatch(r"([A-Z][a-z]+):", line)
        entry = re.match(r"    (\w+): (.+)", line)
        if head:
            title = found.setdefault(head[1], {})
        elif entry and title is not None:
            title[entry[1]] = entry[2]
        elif line and not line.startswith(" "):
            title = None
    return found


def parameters(value):
    """Return the names of the parameters that are meant for others."""
    names = inspect.signature(value).parameters
    return [name for name in names if name != "self" and not name.startswith("_")]


def test_markup_is_found():
    for text in (":class:`RuleSet`", ":py:obj:`a`", "    :param mask: bits", ":return: it", "so::"):
        assert MARKUP.search(text)
    assert MARKUP.search(" |  :raise OSError: it cannot be read")
    assert not MARKUP.search("Raises:\n    OSError: see open(2): `x[::2]`, 'a: b'")


@pytest.mark.parametrize("name", MODULES)
def test_help_on_modules_has_no_markup(name):
    text = pydoc.plain(pydoc.render_doc(importlib.import_module(name)))
    assert not MARKUP.findall(text)


@pytest.mark.parametrize("name", PUBLIC)
def test_help_on_public_names_has_no_markup(name):
    assert not MARKUP.findall(pydoc.plain(pydoc.render_doc(PUBLIC[name])))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_comments_have_no_markup(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "#:" in line]
    assert not MARKUP.findall("\n".join(lines))


def test_help_of_commands_has_no_markup():
    made = cli.commands()
    parsers = [made.parser, *[command.parser for command in made.by_name.values()]]
    assert not MARKUP.findall("\n".join(parser.format_help() for parser in parsers))


@pytest.mark.parametrize("name", CALLABLES)
def test_every_public_name_is_documented(name):
    assert CALLABLES[name].__doc__


@pytest.mark.parametrize("name", CALLABLES)
def test_every_parameter_is_documented(name):
    assert list(sections(CALLABLES[name]).get("Args", ())) == parameters(CALLABLES[name])


@pytest.mark.parametrize("name", CLASSES)
def test_every_attribute_is_documented(name):
    cls = CLASSES[name]
    own = [name for name in getattr(cls, "__annotations__", {}) if not name.startswith("_")]
    assert sorted(sections(cls).get("Attributes", ())) == sorted(own)


def raised_by(source):
    """Return the names of the exceptions that a function raises itself."""
    statements = [node.exc for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Raise)]
    calls = [node.func for node in statements if isinstance(node, ast.Call)]
    names = {call.id for call in calls if isinstance(call, ast.Name)}
    return {name for name in names if not name.startswith("_")}  # of functions that make them


@pytest.mark.parametrize("name", [name for name in CALLABLES if name not in CLASSES])
def test_what_a_function_raises_is_documented(name):
    source = textwrap.dedent(inspect.getsource(CALLABLES[name]))
    assert raised_by(source) <= set(sections(CALLABLES[name]).get("Raises", ()))


def test_raised_exceptions_are_found():
    assert raised_by("def f():\n    if x:\n        raise ValueError(1)\n    raise") == {
        "ValueError"
    }


@pytest.mark.parametrize("name", [name for name in CALLABLES if parameters(CALLABLES[name])])
def test_wrong_arguments_raise_what_is_documented(name):
    value = CALLABLES[name]
    if "." in name and "self" in inspect.signature(value).parameters:
        value = getattr(CLASSES[name.split(".")[0]](), name.split(".")[1])
    wrong = {
        parameter.name: object()
        for parameter in inspect.signature(value).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }
    others = [object()] * (not wrong)
    if name == "ExtraSafeError":
        value(*others)
        return
    with pytest.raises(TypeError):
        value(*others, **wrong)
    assert "TypeError" in sections(value).get("Raises", ())


@pytest.mark.parametrize("name", CALLABLES)
def test_what_is_documented_to_be_raised_is_an_exception(name):
    for raised in sections(CALLABLES[name]).get("Raises", ()):
        kind = getattr(pyextrasafe, raised, None) or getattr(builtins, raised)
        assert issubclass(kind, Exception)
