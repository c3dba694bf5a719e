"""Values that are what their fields are, and never change."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from typing_extensions import Self


class Immutable:
    """A value that is what its fields are."""

    __slots__ = ()

    def _fields(self) -> "tuple[Any, ...]":
        raise NotImplementedError

    def _set(self, **fields: object) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __setattr__(self, name: str, value: object) -> "NoReturn":
        raise AttributeError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> "NoReturn":
        raise AttributeError(f"cannot delete field {name!r}")

    def __copy__(self) -> "Self":
        return self

    def __deepcopy__(self, memo: object) -> "Self":
        return self

    def __reduce__(self) -> "tuple[object, ...]":
        return type(self), self._fields()


class Result(Immutable):
    """What the library has found out: only it makes these, and their slots are their fields."""

    __slots__: "tuple[str, ...]" = ()

    #: The call that makes them.
    _made_by: str

    def __new__(cls) -> "Self":
        raise TypeError(f"cannot create {cls.__name__!r} instances: call {cls._made_by}")

    @classmethod
    def _make(cls, **fields: object) -> "Self":
        made = object.__new__(cls)
        made._set(**fields)
        return made

    def _fields(self) -> "tuple[Any, ...]":
        return tuple([getattr(self, name) for name in self.__slots__])

    def __reduce__(self) -> "tuple[object, ...]":
        return _remake, (type(self), *self._fields())


def _remake(cls: "type[Result]", *fields: object) -> "Result":
    return cls._make(**dict(zip(cls.__slots__, fields)))
