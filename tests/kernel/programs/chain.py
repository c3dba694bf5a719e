"""The permissions that a program's source names, and the same program without one of them."""

import ast


def grants(tree):
    """The calls that grant something, in the order of the source: pairs of name and node."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.end_lineno, node.end_col_offset))
    return [(name_of(node), node) for node in calls if name_of(node)]


def name_of(call):
    """What a call grants, as it stands in the source, or nothing."""
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        if name.startswith(("allow_", "add_simple", "add_conditional")) or name == "everything":
            return f"{name}({', '.join(map(ast.unparse, call.args))})"
    elif isinstance(call.func, ast.Name) and call.func.id == "ForkAndExec":
        return "ForkAndExec()"
    return ""


def permissions(source):
    """The names of all permissions in a source. None may be there twice: tests are named so."""
    names = [name for name, _ in grants(ast.parse(source))]
    assert len(names) == len(set(names)), names
    return names


def without(source, permission):
    """The source without a permission."""
    (call,) = [node for name, node in grants(ast.parse(source)) if name == permission]
    if permission == "ForkAndExec()":
        # A rule set as a whole: no argument takes its place.
        start, instead = offset(source, call.lineno, call.col_offset), "*()"
    else:
        before = call.func.value
        start = offset(source, before.end_lineno, before.end_col_offset)
        instead = "()" if permission == "everything()" else ""
    return source[:start] + instead + source[offset(source, call.end_lineno, call.end_col_offset) :]


def offset(source, line, column):
    """Where a position of the syntax tree is in a source, whose columns are counted in bytes."""
    assert source.isascii()
    return sum(map(len, source.splitlines(keepends=True)[: line - 1])) + column
