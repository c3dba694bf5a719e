"""The permissions that a program's source names, and the same program without one of them."""

import ast

# The largest part of a permission that is a permission itself: it has to be too little. (Not so for
# servers and clients, since a socketserver that may not accept() is silent: docs/limits.rst.)
LESS = {
    "allow_open()": ".allow_open_readonly()",
    "allow_read()": ".allow_stdin()",
    "allow_write()": ".allow_stdout().allow_stderr()",
    "allow_start_tcp_clients()": ".allow_running_tcp_clients()",
    "allow_start_unix_servers()": ".allow_running_unix_servers()",
    "allow_create()": ".allow_create_threads()",
    "allow_start_unix_clients()": ".allow_running_unix_clients()",
    "everything()": "().allow_open().allow_read().allow_write().allow_close().allow_metadata()"
    ".allow_change_metadata().allow_pipes().allow_locks().allow_map_files().allow_ioctl()",
}
INSTEAD = ", but less"


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
    """What can be taken out of a source: permissions, and what they have more than smaller ones.

    Tests are named so, and no permission may be there twice.
    """
    names = [name for name, _ in grants(ast.parse(source))]
    assert len(names) == len(set(names)), names
    return names + [name + INSTEAD for name in names if name in LESS]


def without(source, permission):
    """The source without a permission, or with less than it."""
    wanted, less, _ = permission.partition(INSTEAD)
    (call,) = [node for name, node in grants(ast.parse(source)) if name == wanted]
    if wanted == "ForkAndExec()":
        # A rule set as a whole: no argument takes its place.
        start, instead = offset(source, call.lineno, call.col_offset), "*()"
    else:
        before = call.func.value
        start = offset(source, before.end_lineno, before.end_col_offset)
        instead = "()" if wanted == "everything()" else ""
    if less:
        instead = LESS[wanted]
    return source[:start] + instead + source[offset(source, call.end_lineno, call.end_col_offset) :]


def offset(source, line, column):
    """Where a position of the syntax tree is in a source, whose columns are counted in bytes."""
    assert source.isascii()
    return sum(map(len, source.splitlines(keepends=True)[: line - 1])) + column
