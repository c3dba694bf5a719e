"""The permissions that a program's source names, and the same program without one of them."""

import ast

# The largest part of a permission that is a permission itself: it has to be too little. {} are the
# arguments. (Not so for servers and clients, since a socketserver that may not accept() is silent:
# docs/limits.rst. A folder for all purposes has many smaller ones: at least reading is too little.)
LESS = {
    "allow_read": ".allow_stdin()",
    "allow_write": ".allow_stdout().allow_stderr()",
    "allow_start_tcp_clients": ".allow_running_tcp_clients()",
    "allow_start_unix_servers": ".allow_running_unix_servers()",
    "allow_create": ".allow_create_threads()",
    "allow_start_unix_clients": ".allow_running_unix_clients()",
    "allow_create_in_dir": ".allow_write_file({})",
    "allow_scratch_dir": ".allow_read_path({})",
    "allow_execute_path": ".allow_execute_path('/dev/null')",
}
# These limit what is allowed without them.
LIMITS = ["allow_execute_path"]
INSTEAD = ", but less"
EXCEPT = ", except "


def grants(tree):
    """The calls that grant something, in the order of the source: pairs of name and node."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls.sort(key=lambda node: (node.end_lineno, node.end_col_offset))
    return [(name_of(node), node) for node in calls if name_of(node)]


def name_of(call):
    """What a call grants, as it stands in the source, or nothing."""
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        if name.startswith(("allow_", "add_simple", "add_conditional")):
            return f"{name}({', '.join(map(ast.unparse, call.args))})"
    elif isinstance(call.func, ast.Name) and call.func.id == "ForkAndExec":
        return "ForkAndExec()"
    return ""


def permissions(source):
    """What can be taken out of a source: permissions, what they have more than smaller ones, and
    each of several paths or ports.

    Tests are named so, and no permission may be there twice.
    """
    found = grants(ast.parse(source))
    names = [name for name, _ in found]
    assert len(names) == len(set(names)), names
    result = [name for name in names if method(name) not in LIMITS]
    result += [name + INSTEAD for name in names if method(name) in LESS]
    for name, call in found:
        if len(call.args) > 1 and method(name).startswith("allow_"):
            result += [name + EXCEPT + ast.unparse(argument) for argument in call.args]
    return result


def method(name):
    return name.partition("(")[0]


def whole(permission):
    """The permission that something is taken from."""
    return permission.partition(EXCEPT)[0].partition(INSTEAD)[0]


def without(source, permission):
    """The source without a permission, or with less than it."""
    tree = ast.parse(source)
    wanted = whole(permission)
    (call,) = [node for name, node in grants(tree) if name == wanted]
    arguments = list(map(ast.unparse, call.args))
    if wanted == "ForkAndExec()":
        # A rule set as a whole, with the methods of it that follow: no argument takes its place.
        call = max((node for node in ast.walk(tree) if begins_with(node, call)), key=position)
        start, instead = offset(source, call.lineno, call.col_offset), "*()"
    else:
        before = call.func.value
        start, instead = offset(source, before.end_lineno, before.end_col_offset), ""
    if permission.endswith(INSTEAD):
        instead = LESS[method(wanted)].format(", ".join(arguments))
    elif EXCEPT in permission:
        arguments.remove(permission.partition(EXCEPT)[2])
        instead = f".{method(wanted)}({', '.join(arguments)})"
    return source[:start] + instead + source[offset(source, *position(call)) :]


def begins_with(node, call):
    """Is a node this call, or a chain of methods after it?"""
    while node is not call and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return node is call


def position(node):
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)


def offset(source, line, column):
    """Where a position of the syntax tree is in a source, whose columns are counted in bytes."""
    assert source.isascii()
    return sum(map(len, source.splitlines(keepends=True)[: line - 1])) + column
