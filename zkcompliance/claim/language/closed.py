"""What an author holds, and how Python's own answers are kept from taking the place of a condition.

Python answers `a == b` with False where neither side knows better, and then `False & condition` is False: the condition
is gone, and nobody sees it. So each operator of each word is defined, or refused with the author's line and a remedy.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

from zkcompliance.claim.meaning.source import refuse

F = TypeVar("F", bound=Callable[..., Any])


def _no(sign: str) -> Callable[..., Any]:
    """A method that refuses the operator, as Python writes it."""

    def refused(self: Closed, *others: Any, **options: Any) -> NoReturn:
        raise refuse(f"{sign} of {self._called()}", f"remedy: {self._instead(sign)}")

    return refused


class Closed:
    """Every operator that Python has, refused. A subclass defines those that have a meaning.

    `_called` says what this is, with its article; `_instead` what to write for the operator.
    """

    __slots__ = ()
    __array_ufunc__ = None  # numpy leaves operators to this class

    def _called(self) -> str:
        raise NotImplementedError

    def _instead(self, sign: str) -> str:
        raise NotImplementedError

    __add__ = __radd__ = _no("+")
    __sub__ = __rsub__ = _no("-")
    __mul__ = __rmul__ = _no("*")
    __truediv__ = __rtruediv__ = _no("/")
    __floordiv__ = __rfloordiv__ = _no("//")
    __mod__ = __rmod__ = _no("%")
    __divmod__ = __rdivmod__ = _no("divmod")
    __pow__ = __rpow__ = _no("**")
    __matmul__ = __rmatmul__ = _no("@")
    __lshift__ = __rlshift__ = _no("<<")
    __rshift__ = __rrshift__ = _no(">>")
    __and__ = __rand__ = _no("&")
    __or__ = __ror__ = _no("|")
    __xor__ = __rxor__ = _no("^")
    __lt__ = _no("<")
    __le__ = _no("<=")
    __gt__ = _no(">")
    __ge__ = _no(">=")
    __eq__ = _no("==")
    __ne__ = _no("!=")
    __hash__ = _no("hash")  # of a key of a dict, a member of a set
    __neg__ = _no("-")
    __pos__ = _no("+")
    __invert__ = _no("~")
    __abs__ = _no("abs")
    __round__ = __trunc__ = __floor__ = __ceil__ = _no("round")
    __int__ = _no("int")
    __index__ = _no("int")
    __float__ = _no("float")
    __complex__ = _no("complex")
    __bool__ = _no("bool")
    __len__ = _no("len")
    __iter__ = __reversed__ = __next__ = _no("for")
    __contains__ = _no("in")
    __getitem__ = _no("[ ]")
    __setitem__ = __delitem__ = _no("[ ]")
    __call__ = _no("( )")
    __str__ = __format__ = __bytes__ = _no("str")
    __enter__ = __exit__ = _no("with")


@functools.cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """What a word is called with, seen once for all its uses."""
    return inspect.signature(function)


class Word(Closed):
    """A word of the language before its parentheses: `jobs.count`. It can be called, and nothing else.

    What it is called with is held against its arguments, so that a slip is refused with the way it is written.
    """

    __name__: str

    def __init__(self, function: Callable[..., Any], *asked: object) -> None:
        """asked: of a method, the value that it is asked of."""
        functools.update_wrapper(self, function)
        self._function, self._asked = function, asked

    def __get__(self, instance: object, owner: type) -> Word:
        """Of a method: bound to the value that it is asked of."""
        return self if instance is None else Word(self._function, instance)

    def __call__(self, *values: Any, **options: Any) -> Any:
        try:
            _signature(self._function).bind(*self._asked, *values, **options)
        except TypeError as error:
            raise refuse(f"{self.__name__}: {error}", f"remedy: {self._usage}") from None
        return self._function(*self._asked, *values, **options)

    def __repr__(self) -> str:
        return f"<the word {self.__name__}>"

    @property
    def _usage(self) -> str:
        """The word as it is written: `x.previous(default=…, per=…)`."""
        shown = []
        for each in list(_signature(self._function).parameters.values())[len(self._asked) :]:
            if each.kind is each.VAR_POSITIONAL:
                shown.append(f"{each.name}, …")
            elif each.kind is each.KEYWORD_ONLY:
                shown.append(f"{each.name}=…")
            elif each.kind is not each.VAR_KEYWORD and each.default is each.empty:
                shown.append(each.name)
        return f"{'x.' if self._asked else ''}{self.__name__}({', '.join(shown)})"

    def _called(self) -> str:
        return f"the word {self.__name__}"

    def _instead(self, sign: str) -> str:
        return f"a word has its parentheses: {self._usage}"


def word(function: F) -> F:
    """Marks a function or a method that authors write."""
    return cast(F, Word(function))
