"""The package keeps its floors, its wall and its manners: read from the source with `ast`, never by importing it.

Every rule is a function from sources (module name → text) to faults; each is shown a made-up bad source too, so that it
has been seen to fail.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

Sources = Mapping[str, str]  # dotted module name → text
Rule = Callable[[Sources], list[str]]

ROOT = Path(__file__).parents[1]
FLOORS = {
    **dict.fromkeys(["annotation", "errors", "model", "stored", "standard", "sync", "temporary"], 10),
    **dict.fromkeys(["elements", "alike", "encode", "header", "preface", "declared", "part10", "pixels"], 20),
    **dict.fromkeys(["agreement", "archives", "bucket", "connected", "contours", "geometry", "remote", "shapes"], 20),
    "source": 25,
    "inspected": 28,
    "workers": 28,
    **dict.fromkeys(["walk", "deid", "seal", "render", "container", "annotations", "manifest", "execute"], 30),
    "frame_image": 35,
    **dict.fromkeys(["pipeline", "export"], 40),
    **dict.fromkeys(["cli", "viewer", ""], 50),
    "__main__": 60,
}
NEIGHBOURS_MAY_MEET = (10, 20)  # words and arithmetic may use each other, as long as there is no cycle
MAY_SEE_ORIGINALS = {"pipeline", "cli", "inspected", "walk", "deid", "seal"}
IDENTIFIED = {"source", "inspected", "archives", "remote", "walk", "deid", "seal"}
RIGHT_OF_THE_WALL = {"container", "frame_image", "render", "annotations", "export", "pixels", "manifest"}
RIGHT_OF_LOOKING = ("series", "packed", "ink", "layout", "tiles", "tissues", "scales")
RIGHT_IN_THE_PIPELINE = {
    "dicomconv.pipeline.draw",
    "dicomconv.pipeline.picture_key",
    "dicomconv.pipeline.shown",
    "dicomconv.pipeline.slices",
    "dicomconv.pipeline.views",
    *(f"dicomconv.pipeline.look.{name}" for name in RIGHT_OF_LOOKING),
}
MAKERS_OF_DEIDENTIFIED = {"dicomconv.deid.deidentify", "dicomconv.container.recover"}
CATCH_ALL = {"dicomconv.pipeline.frame_workers",
    "dicomconv.pipeline.instances",
    "dicomconv.pipeline.look.series",
    "dicomconv.execute",
    "dicomconv.export.check",
    "dicomconv.pipeline.cluster.client",
    "dicomconv.pipeline.cluster.task",
    "dicomconv.workers.pool",
    "dicomconv.workers.worker",
}
LOAD_BY_NAME = {
    "dicomconv",
    "dicomconv.cli.config",
    "dicomconv.cli.lazy",
    "dicomconv.container.chunks",
    "dicomconv.export.layouts",
    "dicomconv.workers.zygote",
}


def package_sources() -> dict[str, str]:
    """Every module of dicomconv by its dotted name."""
    found = {}
    for path in sorted((ROOT / "dicomconv").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return found


@cache
def tree(text: str) -> ast.Module:
    """A source as its syntax tree."""
    return ast.parse(text)


def unit(module: str) -> str:
    """What stands on a floor: the part of a module's name after the package's."""
    return [*module.split("."), ""][1]


def imports(module: str, sources: Sources) -> Iterator[str]:
    """The modules of the package that a module imports, names of modules in `from x import y` resolved."""
    for node in ast.walk(tree(sources[module])):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "dicomconv")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "dicomconv":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in sources else str(node.module)


def reachable(module: str, sources: Sources) -> set[str]:
    """All modules of the package that are loaded when a module is."""
    found: set[str] = set()
    todo = [module]
    while todo:
        for one in imports(todo.pop(), sources):
            if one in sources and one not in found:
                found.add(one)
                todo.append(one)
    return found


def floors(sources: Sources) -> list[str]:
    """A module imports from its own unit or from lower floors only: stages do not import each other."""
    faults = []
    for module in sources:
        mine = FLOORS.get(unit(module))
        if mine is None:
            faults.append(f"{module} stands on no floor")
            continue
        for other in imports(module, sources):
            theirs = FLOORS.get(unit(other), 99)
            level = unit(other) == unit(module) or (theirs == mine and mine in NEIGHBOURS_MAY_MEET)
            if theirs >= mine and not level:
                faults.append(f"{module} imports {other}")
    return faults


def wall(sources: Sources) -> list[str]:
    """What may hold a patient is seen left of the wall only; nothing to its right loads it, not even by a detour."""
    faults = []
    for module in sources:
        if unit(module) in RIGHT_OF_THE_WALL or module in RIGHT_IN_THE_PIPELINE:
            seen = [one for one in reachable(module, sources) if unit(one) in IDENTIFIED]
            faults += [f"{module} loads {one}" for one in seen]
        if unit(module) not in MAY_SEE_ORIGINALS:
            faults += [f"{module} imports {one}" for one in imports(module, sources) if unit(one) == "source"]
    return faults


def makers(sources: Sources) -> list[str]:
    """`Deidentified(...)` is called where something is de-identified, or read back, and nowhere else."""
    return [
        f"{module}:{call.lineno}"
        for module, text in sources.items()
        for call in calls(text, "Deidentified")
        if module not in MAKERS_OF_DEIDENTIFIED
    ]


def calls(text: str, name: str) -> list[ast.Call]:
    """The calls of a function or class by its bare or qualified name."""
    found = [node for node in ast.walk(tree(text)) if isinstance(node, ast.Call)]
    return [node for node in found if name in (getattr(node.func, "id", ""), getattr(node.func, "attr", ""))]


def late_imports(sources: Sources) -> list[str]:
    """Nothing of the package is imported inside a function, nor loaded by name but where commands and names are."""
    faults = []
    for module, text in sources.items():
        for function in ast.walk(tree(text)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                faults += [f"{module}:{node.lineno}" for node in ast.walk(function) if is_import_of_ours(node)]
        if module not in LOAD_BY_NAME:
            faults += [f"{module}:{call.lineno}" for call in calls(text, "import_module")]
    return faults


def is_import_of_ours(node: ast.AST) -> bool:
    """Whether this is an import of dicomconv."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return any(name.split(".")[0] == "dicomconv" for name in names)


def relative_imports(sources: Sources) -> list[str]:
    """Imports are absolute."""
    return [
        f"{module}:{node.lineno}"
        for module, text in sources.items()
        for node in ast.walk(tree(text))
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def catch_alls(sources: Sources) -> list[str]:
    """Everything is caught around one file in the pipeline, around a loader of others, and for whoever asks a future."""
    return [
        f"{module}:{node.lineno}"
        for module, text in sources.items()
        for node in ast.walk(tree(text))
        if isinstance(node, ast.ExceptHandler) and catches_all(node) and module not in CATCH_ALL
    ]


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches every error."""
    caught = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)} if handler.type else {"Exception"}
    )
    return not caught.isdisjoint({"Exception", "BaseException"})


def prints(sources: Sources) -> list[str]:
    """Nothing prints: the command line echoes."""
    return [f"{module}:{call.lineno}" for module, text in sources.items() for call in calls(text, "print")]


def cycles(sources: Sources) -> list[str]:
    """No module is loaded by what it loads."""
    return [module for module in sources if module in reachable(module, sources)]


RULES: tuple[Rule, ...] = (floors, wall, makers, late_imports, relative_imports, catch_alls, prints, cycles)
BAD: list[tuple[Rule, dict[str, str]]] = [
    (floors, {"dicomconv.errors": "from dicomconv.elements import scan", "dicomconv.elements": ""}),
    (floors, {"dicomconv.walk": "import dicomconv.deid.profile", "dicomconv.deid.profile": ""}),
    (floors, {"dicomconv.pixels.png": "from dicomconv import source", "dicomconv.source": ""}),
    (floors, {"dicomconv.export.coco": "from dicomconv.pipeline.run import run", "dicomconv.pipeline.run": ""}),
    (floors, {"dicomconv.pipeline.run": "from dicomconv.cli import main", "dicomconv.cli": ""}),
    (floors, {"dicomconv.utils": ""}),
    (wall, {"dicomconv.container.pack": "from dicomconv.source import Original", "dicomconv.source": ""}),
    (wall, {"dicomconv.pipeline.draw": "from dicomconv.walk import walk", "dicomconv.walk": ""}),
    (wall, {"dicomconv.manifest": "from dicomconv.source import Original", "dicomconv.source": ""}),
    (wall, {
        "dicomconv.render": "from dicomconv import elements",
        "dicomconv.elements": "from dicomconv.source import Original",
        "dicomconv.source": "",
    }),
    (makers, {"dicomconv.pipeline.convert": "one = Deidentified(head=b'')"}),
    (makers, {"dicomconv.container.pack": "from dicomconv import model\none = model.Deidentified()"}),
    (late_imports, {"dicomconv.geometry": "def order():\n    from dicomconv.model import Frame"}),
    (late_imports, {"dicomconv.geometry": "def order():\n    if True:\n        import dicomconv.model"}),
    (late_imports, {"dicomconv.geometry": "import importlib\nimportlib.import_module('dicomconv.model')"}),
    (relative_imports, {"dicomconv.walk": "from .source import SourceFile"}),
    (catch_alls, {"dicomconv.walk": "try: pass\nexcept Exception: pass"}),
    (catch_alls, {"dicomconv.walk": "try: pass\nexcept (OSError, BaseException): pass"}),
    (catch_alls, {"dicomconv.walk": "try: pass\nexcept: pass"}),
    (prints, {"dicomconv.walk": "print('walked')"}),
    (cycles, {"dicomconv.part10": "import dicomconv.encode", "dicomconv.encode": "from dicomconv import part10"}),
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule: Rule) -> None:
    assert rule(package_sources()) == []


@pytest.mark.parametrize(("rule", "sources"), BAD, ids=lambda value: getattr(value, "__name__", "source"))
def test_the_rule_sees_a_bad_source(rule: Rule, sources: dict[str, str]) -> None:
    assert rule({"dicomconv": "", **sources}) != []


def test_every_module_of_the_package_is_read() -> None:
    assert {"dicomconv", "dicomconv.source", "dicomconv.cli.convert", "dicomconv.deid.deidentify"} <= set(
        package_sources()
    )


def test_the_units_that_the_rules_name_exist_or_are_still_to_come() -> None:
    """So that a rename does not silently take a module out of a rule."""
    units = {unit(module) for module in package_sources()}
    assert set(FLOORS) - units <= {"seal", "annotations", "export", "viewer"}
    assert {"dicomconv.deid.deidentify", *CATCH_ALL, *RIGHT_IN_THE_PIPELINE, *LOAD_BY_NAME} <= set(package_sources())
