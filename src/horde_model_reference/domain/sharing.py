"""Values that many readers hold at once: nobody can change them for others, and copies are free."""

from typing import Any, Final, NoReturn, TypeVar

from pydantic import BaseModel

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})

Model = TypeVar("Model", bound="Shareable")


class Shareable(BaseModel):
    """A model that may be shared: then it refuses changes, and its copies are free of that."""

    # A slot, since copies, comparisons and dumps of pydantic take no notice of it.
    __slots__ = ("_is_shared",)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            object.__getattribute__(self, "_is_shared")
        except AttributeError:
            super().__setattr__(name, value)
        else:
            _refuse()

    def __delattr__(self, name: str) -> None:
        try:
            object.__getattribute__(self, "_is_shared")
        except AttributeError:
            super().__delattr__(name)
        else:
            _refuse()


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("this is shared with other readers; take a copy with model_copy(deep=True) to change it")


class SharedList(list[Any]):
    """A list that refuses changes; copies are plain lists."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = pop = remove = clear = sort = reverse = _refuse

    def __reduce_ex__(self, _protocol: object) -> tuple[type[list[Any]], tuple[list[Any]]]:
        return list, (list(self),)


class SharedDict(dict[str, Any]):
    """A dict that refuses changes; copies are plain dicts."""

    __slots__ = ()
    __setitem__ = __delitem__ = __ior__ = _refuse
    pop = popitem = clear = update = setdefault = _refuse

    def __reduce_ex__(self, _protocol: object) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)


def share(model: Model) -> Model:
    """Make a model and everything in it refuse changes from now on, and return it."""
    fields = vars(model)
    for name, value in fields.items():
        if type(value) not in _PLAIN:
            fields[name] = shared_value(value)
    object.__setattr__(model, "_is_shared", True)
    return model


def shared_value(value: Any) -> Any:
    """Return a value that refuses changes, all the way down; lists and dicts are copied for that."""
    anything: object = value
    kind = type(anything)
    if Shareable in kind.__mro__:  # isinstance takes ten times as long for classes of pydantic
        return share(value)
    if kind is list:
        return SharedList([item if type(item) in _PLAIN else shared_value(item) for item in value])
    if kind is dict:
        members = value.items()
        return SharedDict(
            {key: item if type(item) in _PLAIN else shared_value(item) for key, item in members}
        )
    return value
