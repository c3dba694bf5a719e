"""Custom: rule sets of one's own, and the values that their rules are made of."""

from . import _ffi
from ._errors import integer
from ._immutable import Immutable
from ._rulesets import RuleSet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, ClassVar, Literal, Union, final

    from typing_extensions import Self

    OpLike = Union["CompareOp", Literal["<", "<=", "==", "!=", ">=", ">"], int]
    CompareLike = Union["Compare", tuple[int, OpLike, int], list[Any]]
    # With symbols that may be wrong.
    UncheckedOp = Union["CompareOp", str, int]
    RuleLike = Union["Rule", tuple[Union[int, str], Iterable[CompareLike]], list[Any]]
else:
    from ._errors import final

_MAX_ARGUMENT = 5
_MIN_DATUM = -(2**63)
_MAX_DATUM = 2**64 - 1


@final
class CompareOp(Immutable):
    """How the argument of a system call is compared with a number.

    The operators are attributes of the class, and `MaskedEqual` makes further ones. All comparisons
    are unsigned. Operators are immutable and hashable, and compare by value. They are ordered as
    they are listed here, masked ones by their mask.

    Instead of an operator you can write `"<"`, `"<="`, `"=="`, `"!="`, `">="` or `">"`, and instead
    of a masked operator its mask, an int.

    Attributes:
        Less: The argument is less than the number.
        LessOrEqual: It is less than the number, or equal to it.
        Equal: It is equal to the number.
        NotEqual: It is not equal to the number.
        GreaterEqual: It is greater than the number, or equal to it.
        Greater: It is greater than the number.
        mask: The parameter of `MaskedEqual`; None for the other operators.
    """

    __slots__ = ("_code", "mask")

    Less: "ClassVar[CompareOp]"
    LessOrEqual: "ClassVar[CompareOp]"
    Equal: "ClassVar[CompareOp]"
    NotEqual: "ClassVar[CompareOp]"
    GreaterEqual: "ClassVar[CompareOp]"
    Greater: "ClassVar[CompareOp]"

    _code: int
    mask: "int | None"

    def __new__(cls) -> "Self":
        raise TypeError("cannot create 'CompareOp' instances: use its attributes or MaskedEqual()")

    @staticmethod
    def MaskedEqual(mask: int) -> "CompareOp":  # noqa: N802
        """Make an operator that holds where `argument & mask == datum`.

        Args:
            mask: The bits to look at, -2**63 to 2**64-1. A negative mask is its two's complement at
                the width of the argument.

        Returns:
            The operator.

        Raises:
            TypeError: `mask` is not an integer, or is a bool.
            ValueError: `mask` is out of range.
        """
        mask = integer(mask)
        _check_range("mask", mask, _MIN_DATUM, _MAX_DATUM)
        return _make_operator(_MASKED_EQUAL, mask)

    def _fields(self) -> "tuple[Any, ...]":
        return self._code, self.mask

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, CompareOp):
            return NotImplemented
        return self._fields() < other._fields()

    def __le__(self, other: object) -> bool:
        if not isinstance(other, CompareOp):
            return NotImplemented
        return self._fields() <= other._fields()

    def __gt__(self, other: object) -> bool:
        if not isinstance(other, CompareOp):
            return NotImplemented
        return self._fields() > other._fields()

    def __ge__(self, other: object) -> bool:
        if not isinstance(other, CompareOp):
            return NotImplemented
        return self._fields() >= other._fields()

    def __reduce__(self) -> "tuple[object, ...]":
        if self.mask is not None:
            return CompareOp.MaskedEqual, (self.mask,)
        return getattr, (CompareOp, _NAMES[self._code])

    def __repr__(self) -> str:
        if self.mask is not None:
            return f"CompareOp.MaskedEqual({self.mask:#x})"
        return f"CompareOp.{_NAMES[self._code]}"


# Both in the order of C's es_operator, whose last is the masked one.
_NAMES = ("Less", "LessOrEqual", "Equal", "NotEqual", "GreaterEqual", "Greater")
_SYMBOLS = ("<", "<=", "==", "!=", ">=", ">")
_MASKED_EQUAL = len(_NAMES)


def _make_operator(code: int, mask: "int | None" = None) -> "CompareOp":
    op = object.__new__(CompareOp)
    op._set(_code=code, mask=mask)
    return op


for _code, _name in enumerate(_NAMES):
    setattr(CompareOp, _name, _make_operator(_code))

_BY_SYMBOL: "dict[str, CompareOp]" = {
    symbol: getattr(CompareOp, name) for symbol, name in zip(_SYMBOLS, _NAMES)
}


def _type_name(value: object) -> str:
    return type(value).__name__


def _integer(name: str, expected: str, value: object) -> int:
    try:
        return integer(value)
    except TypeError:
        raise TypeError(f"{name} must be {expected}, not {_type_name(value)}") from None


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} must be from {least} to {most}, not {value}")


def _compare_types(arg: object, op: object, datum: object) -> "tuple[int, UncheckedOp, int]":
    """Return the three with exact types, their values still unchecked."""
    if not isinstance(op, (CompareOp, str)):
        op = _integer("op", "CompareOp, str or int", op)
    return integer(arg), op, integer(datum)


def _operator(op: "UncheckedOp") -> "CompareOp":
    if isinstance(op, CompareOp):
        return op
    if isinstance(op, int):
        return CompareOp.MaskedEqual(op)
    if op not in _BY_SYMBOL:
        raise ValueError(f"op must be one of {' '.join(_SYMBOLS)}, not {op!r}")
    return _BY_SYMBOL[op]


def _make_compare(arg: int, op: "UncheckedOp", datum: int) -> "Compare":
    """Make a Compare of exact types, without asking whether it can hold."""
    _check_range("arg", arg, 0, _MAX_ARGUMENT)
    _check_range("datum", datum, _MIN_DATUM, _MAX_DATUM)
    op = _operator(op)
    mask = op.mask or 0
    negative = _ffi.NEGATIVE_DATUM * (datum < 0) | _ffi.NEGATIVE_MASK * (mask < 0)
    compare = object.__new__(Compare)
    compare._set(
        arg=arg,
        op=op,
        datum=datum,
        _comparison=(
            arg,
            op._code,
            _ffi.DATUM_CONSTANT,
            negative,
            mask & _MAX_DATUM,
            datum & _MAX_DATUM,
        ),
    )
    return compare


@final
class Compare(Immutable):
    """A comparison of one argument of a system call with a number.

    The argument is compared at the width that the kernel reads, see `Rule`. Comparisons are
    immutable and hashable, and compare by value.

    Args:
        arg: Which argument, 0 to 5.
        op: A `CompareOp`, its symbol, or an int, which is the mask of a masked comparison.
        datum: The number, -2**63 to 2**64-1. A negative number is its two's complement at the width
            of the argument.

    Attributes:
        arg: Which argument, from 0.
        op: The operator, as a `CompareOp`.
        datum: The number, as it was given.

    Raises:
        TypeError: `arg` or `datum` is not an integer, or is a bool, or `op` is not an operator.
        ValueError: A value is out of range, or the comparison can never hold, whatever the width: a
            masked one whose datum has bits outside the mask, or `< 0`.
    """

    __slots__ = ("_comparison", "arg", "datum", "op")

    arg: int
    op: "CompareOp"
    datum: int
    _comparison: "_ffi.Comparison"

    def __new__(cls, arg: int, op: "OpLike", datum: int) -> "Self":
        self = _make_compare(*_compare_types(arg, op, datum))
        _ffi.check_comparison(self._comparison)
        return self

    def _fields(self) -> "tuple[Any, ...]":
        return self.arg, self.op, self.datum

    def __repr__(self) -> str:
        return f"Compare({self.arg!r}, {self.op!r}, {self.datum!r})"


@final
class Rule(Immutable):
    """A system call, and the comparisons that must all hold for it to be allowed.

    Comparisons are unsigned, and use as many bits as the kernel reads of the argument: a
    descriptor, which is a C int, is compared by its low 32 bits. A datum must fit that width, as a
    signed or an unsigned number. Pointers can be compared only with 0, by `==` and `!=`. Arguments
    that the kernel does not read cannot be compared.

    In fcntl(2), ioctl(2) and prctl(2) another argument decides whether 32 or 64 bits are read.
    There the comparison must hold for the low 32 bits and for all 64, unless its datum needs more
    than 32 bits. For a call without a name, it must always hold for both.

    Rules are immutable and hashable. They are equal if they were written with the same call and the
    same comparisons; a name and its number count as different.

    Args:
        syscall: The name of a system call, see syscalls(2), or its number on this machine, 0 to
            2**30-1, known or not. A name that exists only on other machines is accepted, and has no
            effect here.
        comparators: An iterable of `Compare` or of tuples `(arg, op, datum)`. An empty list or
            tuple means that the call is allowed whatever its arguments are.

    Attributes:
        syscall: The name or the number, as it was given.
        comparators: The comparisons, as a tuple of `Compare`.

    Raises:
        TypeError: `syscall` is neither int nor str, `comparators` is a string, a mapping or a
            range, or an item of it is not a comparison.
        ValueError: The name is unknown (the message says which known name is nearest), the number
            is out of range, `comparators` is an iterator that yields nothing, or the comparisons,
            one of them or all together, can never hold for this call.
    """

    __slots__ = ("_packed", "comparators", "syscall")

    syscall: "int | str"
    comparators: "tuple[Compare, ...]"
    _packed: bytes

    def __new__(cls, syscall: "int | str", comparators: "Iterable[CompareLike]") -> "Self":
        syscall = _syscall_type(syscall)
        typed = _comparators_types(comparators)
        number = _syscall_number(syscall)
        compares = tuple(
            item if isinstance(item, Compare) else _make_compare(*item) for item in typed
        )
        self = object.__new__(cls)
        self._set(
            syscall=syscall,
            comparators=compares,
            _packed=_ffi.pack_rule(number, [compare._comparison for compare in compares]),
        )
        return self

    def _fields(self) -> "tuple[Any, ...]":
        return self.syscall, self.comparators

    def __repr__(self) -> str:
        return f"Rule({self.syscall!r}, {list(self.comparators)!r})"


def _syscall_type(syscall: object) -> "int | str":
    if isinstance(syscall, str):
        return str.__str__(syscall)  # the exact type, also of an enumeration's member
    return _integer("a system call", "int or str", syscall)


def _syscall_number(syscall: "int | str") -> "int | None":
    """Return the number on this machine, or None where only others have the call."""
    if isinstance(syscall, str):
        number = _ffi.syscall_number(syscall)
        return None if number < 0 else number
    if syscall > _ffi.MAX_NUMBER:
        raise ValueError(f"system call numbers above {_ffi.MAX_NUMBER} belong to x32")
    _check_range("syscall", syscall, 0, _ffi.MAX_NUMBER)
    return syscall


# What is empty allows the call whatever its arguments are: it must be meant so.
_NO_COMPARATORS = (str, bytes, bytearray, memoryview, dict, range)
_MAY_BE_EMPTY = (list, tuple, set, frozenset)


def _comparators_types(
    comparators: "Iterable[CompareLike]",
) -> "list[Compare | tuple[int, UncheckedOp, int]]":
    if isinstance(comparators, _NO_COMPARATORS):
        raise TypeError(f"comparators must be a list of Compare, not {_type_name(comparators)}")
    typed: list[Compare | tuple[int, UncheckedOp, int]] = []
    for item in comparators:
        if isinstance(item, Compare):
            typed.append(item)
        elif not isinstance(item, (tuple, list)):
            raise TypeError(f"a comparator must be Compare or a tuple, not {_type_name(item)}")
        elif len(item) != 3:
            raise ValueError(f"a comparator must be (arg, op, datum), not {len(item)} items")
        else:
            typed.append(_compare_types(*item))
    if not typed and not isinstance(comparators, _MAY_BE_EMPTY):
        raise ValueError(
            f"the {_type_name(comparators)} yielded nothing, perhaps because it is exhausted; "
            "an empty list allows the call whatever its arguments are"
        )
    return typed


class Custom(RuleSet):
    """A rule set of your own, made of system calls and conditions on their arguments.

    A new one allows nothing. Derive your own rule sets from this class:

    >>> class Files(Custom):
    ...     def __init__(self):
    ...         self.add_simple("fsync").add_conditional(("flock", [(1, "==", fcntl.LOCK_SH)]))

    A condition is a promise, unless you pass `unite=True`. If a context also allows the call
    whatever its arguments are, applying it raises `ExtraSafeError`. It does not matter whether
    `add_simple`, another rule set, or several conditions together allow the call.
    """

    #: Each rule, and whether it may unite.
    _granted: "dict[tuple[Rule, bool], None]"

    def __init__(self) -> None:
        """Make a rule set that allows nothing."""

    def add_simple(self, sysno: "int | str") -> "Self":
        """Allow a system call whatever its arguments are.

        Args:
            sysno: The name or the number of the call, as for `Rule`.

        Returns:
            This rule set, so that calls can be chained.

        Raises:
            TypeError: `sysno` is neither int nor str.
            ValueError: The name is unknown, or the number is out of range.
        """
        self._granted[Rule(sysno, ()), False] = None
        return self

    def add_conditional(self, rule: "RuleLike", *, unite: bool = False) -> "Self":
        """Allow a system call where all comparisons of the rule hold.

        Several rules for the same call are alternatives.

        Args:
            rule: A `Rule`, or what one is made of: `(syscall, comparators)`.
            unite: False makes the condition a promise, which nothing else in the context may undo.
                With True it is not a promise: it unites with whatever else allows the call. A rule
                without comparisons has no condition, so this makes no difference to it.

        Returns:
            This rule set, so that calls can be chained.

        Raises:
            TypeError: `rule` is neither of the two, or contains a value of the wrong type.
            ValueError: As for `Rule`.
        """
        if not isinstance(rule, Rule):
            if not isinstance(rule, (tuple, list)):
                raise TypeError(f"rule must be Rule or a tuple, not {_type_name(rule)}")
            if len(rule) != 2:
                raise ValueError(f"rule must be (syscall, comparators), not {len(rule)} items")
            syscall, comparators = rule
            rule = Rule(syscall, comparators)
        self._granted[rule, bool(unite and rule.comparators)] = None
        return self

    def __reduce_ex__(self, protocol: "Any") -> "Any":
        reduced = super().__reduce_ex__(protocol)
        if isinstance(reduced, str) or len(reduced) < 3:  # a subclass has its own way
            return reduced
        make, arguments, state, *others = reduced
        return (make, arguments, _own_grants(state), *others)

    def __setstate__(self, state: "dict[str, Any] | tuple[dict[str, Any], dict[str, Any]]") -> None:
        # The state is a subclass's, too: fields, and slots if there are any.
        fields, slots = state if isinstance(state, tuple) else (state, {})
        if any(isinstance(key, Rule) for key in fields.get("_granted", ())):
            raise TypeError("this rule set was pickled by pyextrasafe 0.1: create it again")
        self.__dict__.update(fields)
        for name, value in slots.items():
            setattr(self, name, value)

    def _calls(self) -> "list[str]":
        return [_call_of(rule, unite) for rule, unite in self._granted.copy()]

    def _snapshot(self) -> "RuleSet":
        plain = Custom()
        plain._granted = self._granted.copy()
        return plain

    def _canonical(self) -> "Iterable[tuple[object, ...]]":
        return [
            ("Custom", rule.syscall, *sorted({_plain(item) for item in rule.comparators}), unite)
            for rule, unite in self._granted.copy()
        ]

    def _rules(self) -> bytes:
        return b"".join(
            [
                _ffi.uniting(rule._packed) if unite else rule._packed
                for rule, unite in self._granted.copy()
            ]
        )


def _plain(compare: "Compare") -> "tuple[int, str, int, int]":
    """Return a comparison as it was written, as plain data that has an order."""
    symbol = "&" if compare.op.mask is not None else _SYMBOLS[compare.op._code]
    return compare.arg, symbol, compare.op.mask or 0, compare.datum


def _call_of(rule: "Rule", unite: bool) -> str:
    if not rule.comparators:
        return f"add_simple({rule.syscall!r})"
    return f"add_conditional({rule!r}{', unite=True' if unite else ''})"


def _own_grants(state: "Any") -> "Any":
    """Return the state of an object with a copy of what was granted, to which nobody adds."""
    fields, *slots = state if isinstance(state, tuple) and state else (state,)
    if not isinstance(fields, dict) or "_granted" not in fields:
        return state  # a subclass makes and takes one of its own
    fields = {**fields, "_granted": fields["_granted"].copy()}
    return (fields, *slots) if slots else fields
