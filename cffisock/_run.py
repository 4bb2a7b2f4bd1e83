"""install() and uninstall(): our modules in the place of `socket` and `_socket`, and back.

Order is everything: a module imported before keeps the names it took. install() names those modules
in a warning, rebinds their globals on request, and remembers every change for uninstall(). Some
modules need a word: `_ssl` takes the C socket type from a capsule in `_socket`, `ssl` is made to
accept our class (see `_tls`), `multiprocessing` tells its children, asyncio asks for os.sysconf().
This module is imported with the package: it imports nothing that the package has not anyway.
"""

from __future__ import annotations

import sys
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    Namespace = dict[str, Any]

ModuleType = type(sys)

NAMES = ("socket", "_socket")
CHILD_PROLOGUE = "import cffisock; cffisock.install(); "
# How multiprocessing starts the children that run a program's code; its resource tracker has none.
CHILD_PROGRAMS = (
    "from multiprocessing.spawn import",
    "from multiprocessing.forkserver import",
    "import sys; from multiprocessing.forkserver import",  # since 3.14.3
)


class Swap:
    """One installation: what was there before, and each global rebound since.

    The interpreter's own `_socket` was: `backends.errors` takes the exceptions from it.
    """

    def __init__(self) -> None:
        self.modules: dict[str, Any] = {name: sys.modules.get(name) for name in NAMES}
        self.loaded = frozenset(sys.modules)
        self.rebound: list[tuple[Namespace, str, Any, Any]] = []
        self.patch = False
        self.default_timeout: float | None = None

    def rebind(self, namespace: Namespace, name: str, new: Any) -> None:
        self.rebound.append((namespace, name, namespace[name], new))
        namespace[name] = new


_swap: Swap | None = None


def install(patch: bool = False) -> None:
    """Let ``import socket`` and ``import _socket`` mean cffisock from now on.

    A RuntimeWarning names the imported modules that still hold the standard library's class or
    functions; with `patch` their globals are rebound, and only classes derived from the old one
    are left to warn about. Calling it again only looks again (and patches).
    """
    global _swap  # noqa: PLW0603 -- there is one sys.modules, so one swap
    if _swap is None:
        _swap = _put_in_place()
    pairs = _pairs({name: old for name, old in _swap.modules.items() if old is not None})
    forward = {id(old): new for old, new in pairs}
    left = []
    for module, namespace, names in _holders(forward):
        if patch:
            for name in names:
                _swap.rebind(namespace, name, forward[id(namespace[name])])
        else:
            left.append(f"{module} ({', '.join(sorted(names))})")
    _swap.patch |= patch
    _warn(
        "install(): these modules were imported before and still use the standard library's "
        "socket; install(patch=True) rebinds their names",
        left,
        _derived_classes([old for old, _ in pairs]),
    )


def uninstall() -> None:
    """Undo install(): the modules and every rebound global are again what they were.

    Modules that were imported in between hold cffisock's names; after ``install(patch=True)`` they
    are rebound to the standard library's, else a RuntimeWarning names them. They keep working.
    """
    global _swap
    if _swap is None:
        return
    swap, _swap = _swap, None
    for namespace, name, old, new in reversed(swap.rebound):
        if namespace.get(name) is new:
            namespace[name] = old
    for name, module in swap.modules.items():
        if module is None:
            del sys.modules[name]
        else:
            sys.modules[name] = module
    vars(sys.modules["cffisock._socket"]).pop("CAPI", None)
    sys.modules["cffisock"].setdefaulttimeout(swap.default_timeout)
    _hand_back(swap)


def _put_in_place() -> Swap:
    swap = Swap()
    ours = sys.modules["cffisock"]
    swap.default_timeout = ours.getdefaulttimeout()
    theirs = swap.modules["_socket"]
    if theirs is not None and swap.default_timeout is None:
        ours.setdefaulttimeout(theirs.getdefaulttimeout())
    sys.modules["socket"] = ours
    sys.modules["_socket"] = sys.modules["cffisock._socket"]
    watch_imports()
    for name, adapt in _ADAPTED.items():
        if name in swap.loaded:
            adapt(sys.modules[name], swap)
    return swap


def _hand_back(swap: Swap) -> None:
    """Rebind, or name, what modules imported since install() took from us."""
    ours = [sys.modules["cffisock"], sys.modules["cffisock._socket"]]
    public = [value for module in ours for value in vars(module).values() if _is_ours(value)]
    if not _holders({id(value): value for value in ours + public}, swap.loaded):
        return  # and so there is no need to import the standard library's
    reverse: dict[int, Any] = {}
    for old, new in _pairs({name: __import__(name) for name in NAMES}):
        reverse.setdefault(id(new), old)
    left = []
    for module, namespace, names in _holders(reverse, swap.loaded):
        if swap.patch:
            for name in names:
                namespace[name] = reverse[id(namespace[name])]
        else:
            left.append(f"{module} ({', '.join(sorted(names))})")
    _warn("uninstall(): these modules were imported since install() and still use cffisock", left)


def _is_ours(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] == "cffisock"


def _pairs(theirs: dict[str, Any]) -> list[tuple[Any, Any]]:
    """(standard library's, ours) for the modules and for every class and function in them."""
    ours = {"socket": sys.modules["cffisock"], "_socket": sys.modules["cffisock._socket"]}
    pairs: list[tuple[Any, Any]] = []
    for module_name, module in theirs.items():
        pairs.append((module, ours[module_name]))
        for name, old in vars(module).items():
            new = getattr(ours[module_name], name, old)
            if new is not old and getattr(old, "__module__", None) in NAMES and callable(old):
                pairs.append((old, new))
    return pairs


def _holders(
    wanted: dict[int, Any], but: frozenset[str] = frozenset()
) -> list[tuple[str, Namespace, list[str]]]:
    """The modules with globals whose id() is wanted: ``(module, its namespace, names)``."""
    found = []
    for module_name, module in list(sys.modules.items()):
        if module_name in NAMES or module_name in but or not isinstance(module, ModuleType):
            continue
        if module_name.partition(".")[0] == "cffisock":
            continue
        try:
            # Not vars(): that would make a lazy module load itself.
            namespace = object.__getattribute__(module, "__dict__")
        except AttributeError:  # PyPy's _ssl leaves a cffi library among the modules
            continue
        names = [name for name, value in list(namespace.items()) if id(value) in wanted]
        if names:
            found.append((module_name, namespace, names))
    return found


def _derived_classes(theirs: list[Any]) -> list[str]:
    """Names of the classes that other modules derived from classes of the standard library's."""
    seen = {id(item) for item in theirs}
    todo: list[type] = [
        item for item in theirs if isinstance(item, type) and item.__name__ == "socket"
    ]
    found = set()
    while todo:
        derived: list[type] = todo.pop().__subclasses__()
        for cls in derived:
            if id(cls) not in seen and cls.__module__ != "cffisock._tls":
                seen.add(id(cls))
                todo.append(cls)
                found.add(f"{cls.__module__}.{cls.__qualname__}")
    return sorted(found)


def _warn(text: str, modules: list[str], classes: list[str] | None = None) -> None:
    parts = [f"{text}: {', '.join(sorted(modules))}"] if modules else []
    if classes:
        parts.append(f"classes derived from the standard library's stay so: {', '.join(classes)}")
    if parts:
        warnings.warn("cffisock." + "; ".join(parts), RuntimeWarning, stacklevel=3)


# -- modules that need a word after their import


def _adapt_ssl(ssl: Any, swap: Swap) -> None:
    # PyPy's `_ssl` asks a socket's methods, so that it takes any class.
    if sys.implementation.name == "cpython":
        from cffisock._tls import adapt  # noqa: PLC0415 -- only programs that import ssl pay

        adapt(ssl, swap.modules["_socket"].socket)


def _lend_capsule(swap: Swap) -> None:
    """CPython's `_ssl` looks for the C type in `_socket.CAPI`; it serves the twins of `_tls`."""
    if sys.implementation.name == "cpython":
        vars(sys.modules["_socket"])["CAPI"] = swap.modules["_socket"].CAPI


def _with_prologue(args: list[Any]) -> list[Any]:
    return [
        CHILD_PROLOGUE + arg if isinstance(arg, str) and arg.startswith(CHILD_PROGRAMS) else arg
        for arg in args
    ]


def _adapt_spawn(spawn: Any, swap: Swap) -> None:
    command_line = spawn.get_command_line

    def get_command_line(**kwargs: Any) -> Any:
        return _with_prologue(command_line(**kwargs))

    swap.rebind(vars(spawn), "get_command_line", get_command_line)


def _adapt_multiprocessing(util: Any, swap: Swap) -> None:
    spawnv = util.spawnv_passfds

    def spawnv_passfds(path: Any, args: Any, passfds: Any) -> Any:
        return spawnv(path, _with_prologue(list(args)), passfds)

    swap.rebind(vars(util), "spawnv_passfds", spawnv_passfds)


def _adapt_reduction(reduction: Any, swap: Swap | None) -> None:
    from cffisock._reduction import register  # noqa: PLC0415 -- only who has multiprocessing pays

    register(reduction)


_ADAPTED: dict[str, Callable[[Any, Any], None]] = {
    "multiprocessing.reduction": _adapt_reduction,
    "ssl": _adapt_ssl,
    "multiprocessing.spawn": _adapt_spawn,
    "multiprocessing.util": _adapt_multiprocessing,
}
_ALWAYS = ("multiprocessing.reduction",)  # also without install()


# -- a module that needs one while it is imported


def _unknown_limit(name: str) -> int:
    raise OSError(f"{name} is not known")


def _with_sysconf(loader: Any, module: Any) -> None:
    """From Python 3.12 on it asks os.sysconf() for IOV_MAX where sockets have sendmsg().

    Windows has no sysconf(), and there only our sockets have sendmsg(). What asyncio is ready
    for is an OSError.
    """
    names = vars(sys.modules["os"])
    lent = names.setdefault("sysconf", _unknown_limit) is _unknown_limit
    try:
        loader.exec_module(module)
    finally:
        if lent:
            del names["sysconf"]


_EXECUTED: dict[str, Callable[[Any, Any], None]] = {"asyncio.selector_events": _with_sysconf}


class _Finder:
    """Finds nothing by itself; puts `_Loader` around what the others find for the modules above."""

    @classmethod
    def find_spec(cls, name: str, path: Any = None, target: Any = None) -> Any:
        if _swap is None and name not in _ALWAYS:
            return None
        if name == "_ssl" and _swap is not None:
            _lend_capsule(_swap)
        if name not in _ADAPTED and name not in _EXECUTED:
            return None
        for finder in sys.meta_path:
            find = None if finder is cls else getattr(finder, "find_spec", None)
            spec = find and find(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader, name)
                return spec
        return None


class _Loader:
    """A loader that does what a module needs around its execution."""

    def __init__(self, loader: Any, name: str) -> None:
        self.loader = loader
        self.name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: Any) -> Any:
        return self.loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self.loader
        if self.name in _EXECUTED:
            _EXECUTED[self.name](self.loader, module)
        else:
            self.loader.exec_module(module)
        if self.name in _ADAPTED and (_swap is not None or self.name in _ALWAYS):
            _ADAPTED[self.name](module, _swap)


def watch_imports() -> None:
    """Put the finder before all others; what it waits for and is there already, is told now."""
    sys.meta_path[:] = [_Finder, *(each for each in sys.meta_path if each is not _Finder)]
    for name in _ALWAYS:
        if name in sys.modules:
            _ADAPTED[name](sys.modules[name], _swap)
