"""Who may import whom, and what the packages show: DESIGN's layout, checked on the source and in fresh interpreters."""

import ast
import graphlib
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("autograd", "nn", "optim")
    for path in sorted((ROOT / package).rglob("*.py"))
}

# A module may import what stands on its own line or above it; the packages' faces, `__init__.py`, stand below all.
LEVELS = """
    graph modes lines causes calls devices cuda accelerator kernels lazy charts display
    arrays cuts reach hooks
    source
    op
    rules
    compositions
    inplace
    tensor
    forward batched
    floats scalar
    factories functions random function
    linalg fft special
    transforms drawing compiler testing
    memory anomaly files profiling loops
"""
LEVEL = {f"autograd.{name}": i for i, line in enumerate(LEVELS.split("\n")) for name in line.split()}
MAY_USE = {"autograd": {"autograd"}, "nn": {"nn", "autograd"}, "optim": {"optim", "autograd"}}
MAY_USE["optim.training"] = {"optim", "autograd", "nn"}  # the training loop
MAY_USE["optim.swa_utils"] = {"optim", "autograd", "nn"}  # an averaged model is a module


def imports(module, *, at_import_time=False):
    """The names of the modules that `module` imports: anywhere, or only those that importing it imports."""

    def visit(node):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                children = node.orelse
            case ast.FunctionDef() | ast.AsyncFunctionDef() if at_import_time:
                return
            case ast.Import():
                yield from (alias.name for alias in node.names)
                return
            case ast.ImportFrom():
                parents = module.split(".") + ["__init__"] * (MODULES[module].name == "__init__.py")
                parts = parents[: -node.level] if node.level else []
                base = ".".join([*parts, *filter(None, [node.module])])
                yield from (f"{base}.{a.name}" if f"{base}.{a.name}" in MODULES else base for a in node.names)
                return
            case _:
                children = ast.iter_child_nodes(node)
        for child in children:
            yield from visit(child)

    return set(visit(ast.parse(MODULES[module].read_text(encoding="utf-8"))))


def family(module):
    """autograd.rules.shape -> autograd.rules"""
    return ".".join(module.split(".")[:2])


# --- Who may import whom ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module):
    imported = imports(module)
    ours = {name for name in imported if name.partition(".")[0] in MAY_USE}
    allowed = MAY_USE.get(family(module), MAY_USE[module.partition(".")[0]])
    assert {name.partition(".")[0] for name in ours} <= allowed
    if module.startswith("autograd."):
        unknown = {name for name in map(family, {module, *ours}) if name not in LEVEL and name != "autograd"}
        assert not unknown, f"give {unknown} a line in LEVELS"
        above = {name for name in ours if LEVEL.get(family(name), len(LEVELS)) > LEVEL[family(module)]}
        assert not above, f"{module} imports {above}, which stand on it"


def test_no_module_is_needed_to_import_itself():
    graphlib.TopologicalSorter({name: imports(name, at_import_time=True) for name in MODULES}).prepare()


@pytest.mark.parametrize("module", ["autograd.graph", "autograd.modes"])
def test_the_heart_needs_the_standard_library_only(module):
    outside = {name.partition(".")[0] for name in imports(module)} - sys.stdlib_module_names
    assert outside <= {"autograd"}


def run(code):
    """What `code` prints in a fresh interpreter, where a warning is an error."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_the_packages_loads_numpy_and_the_standard_library_only():
    loaded = "print(*{name.partition('.')[0] for name in sys.modules})"
    before = run(f"import sys, numpy, numpy.random; {loaded}")
    after = run(f"import sys, numpy, numpy.random, autograd, nn, optim; {loaded}")
    assert set(after) - set(before) - sys.stdlib_module_names == {"autograd", "nn", "optim"}


# --- What the packages show -------------------------------------------------------------------------------------------

FACES = [name for name, path in MODULES.items() if path.name == "__init__.py" and "__all__" in path.read_text("utf-8")]


def test_each_package_has_a_face():
    assert set(FACES) >= {"autograd", "nn", "optim"}


@pytest.mark.parametrize("name", FACES)
def test_all_is_what_can_be_imported_and_nothing_more(name):
    package = importlib.import_module(name)
    assert package.__all__ == sorted(set(package.__all__))
    missing = [public for public in package.__all__ if not hasattr(package, public) or public not in dir(package)]
    assert not missing
    submodules = {
        public
        for public, value in vars(package).items()
        if isinstance(value, ModuleType) and value.__name__ == f"{name}.{public}"
    }
    shown = {public for public in vars(package) if not public.startswith("_")}
    assert shown - submodules - {"TYPE_CHECKING", "annotations"} <= set(package.__all__)


@pytest.mark.parametrize("name", FACES)
def test_importing_a_submodule_rebinds_no_public_name(name):
    submodules = [module for module in MODULES if module.rpartition(".")[0] == name]
    run(
        f"import importlib, {name} as package\n"
        "before = {public: getattr(package, public) for public in package.__all__}\n"
        f"for module in {submodules}: importlib.import_module(module)\n"
        "rebound = [public for public in before if getattr(package, public) is not before[public]]\n"
        "assert not rebound, f'{rebound}: functions are verbs, modules nouns; rename one'"
    )
