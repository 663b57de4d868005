"""Arrows between the rooms: who may import whom. Parsed from the sources, so that imports inside functions count."""

import ast
import graphlib
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATHS = sorted([*(ROOT / "seqjax").rglob("*.py"), *(ROOT / "experiments").rglob("*.py")])

GROUND = {"errors", "initializers", "losses", "masking", "tokens", "typing"}  # single files, which know no room
# The rooms that each room of seqjax may import, besides GROUND.
LIBRARY = {
    "recurrence": set(),
    "layers": {"recurrence"},
    "decoding": set(),
    "models": {"recurrence", "layers", "decoding"},
    "data": set(),
    "metrics": {"data"},
    "baselines": {"data", "metrics"},
    "plots": {"data"},
    "predictors": {"recurrence", "layers", "decoding", "models", "data", "metrics", "baselines", "plots"},
    "training": {"recurrence"},
    "interop": {"recurrence", "layers"},
}
COMMANDS = {"train", "evaluate", "predict", "sweep", "record", "tables"}
OPTIMISATION = {f"seqjax.training.{name}" for name in ("loop", "optimizer", "state", "step")}


def module(path: Path) -> str:
    """The name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    """Every module that a file names in an import, in full: ``from flax import nnx`` gives ``flax.nnx``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


IMPORTS = {module(path): imports(path) for path in PATHS}


def within(name: str, rooms: Iterable[str]) -> bool:
    """True if a module is one of ``rooms``, or in one."""
    return any(name == room or name.startswith(room + ".") for room in rooms)


def room(name: str) -> str:
    """The room that a module is in: ``seqjax.layers``, ``experiments.run``, ``experiments.tasks.music``."""
    parts = name.split(".")
    return ".".join(parts[: 3 if parts[:2] == ["experiments", "tasks"] else 2])


def own_imports(name: str) -> set[str]:
    """The modules of this project that a module imports."""
    return {each for each in IMPORTS[name] if each in IMPORTS}


def violations(rooms: Iterable[str], *forbidden: str) -> list[str]:
    """Imports of ``forbidden`` modules, or modules in them, by the modules in ``rooms``."""
    return sorted(
        f"{name} imports {each}"
        for name in IMPORTS
        if within(name, rooms)
        for each in IMPORTS[name]
        if within(each, forbidden)
    )


def reachable(*starts: str) -> set[str]:
    """All modules that importing some modules may import, those of other packages included."""
    found: set[str] = set()
    waiting = [*starts]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += IMPORTS.get(name, ())
    return found


def test_parser_sees_every_kind_of_import(tmp_path):
    source = tmp_path / "module.py"
    source.write_text("import a.b\nfrom c import d\ndef f():\n    from e.f import g as h\n")
    assert imports(source) == {"a.b", "c", "c.d", "e.f", "e.f.g"}
    assert len(PATHS) > 100


def test_every_room_of_the_library_has_its_arrows_listed():
    assert {room(name) for name in IMPORTS if name.startswith("seqjax.")} == {
        f"seqjax.{name}" for name in LIBRARY.keys() | GROUND
    }


@pytest.mark.parametrize("name", [*sorted(GROUND), *LIBRARY])
def test_room_of_the_library_imports_those_below_it_alone(name):
    allowed = {f"seqjax.{each}" for each in LIBRARY.get(name, set()) | GROUND | {name}} | {"seqjax"}
    wrong = [
        f"{source} imports {each}"
        for source in IMPORTS
        if room(source) == f"seqjax.{name}"
        for each in own_imports(source)
        if room(each) not in allowed
    ]
    assert wrong == []


def test_modules_import_in_no_circle():
    tuple(graphlib.TopologicalSorter({name: own_imports(name) - {name} for name in IMPORTS}).static_order())


def test_rooms_import_in_no_circle():
    arrows: dict[str, set[str]] = {}
    for name in IMPORTS:
        arrows.setdefault(room(name), set()).update(room(each) for each in own_imports(name))
    for source, targets in arrows.items():
        targets -= {source, "seqjax", "experiments"}
    tuple(graphlib.TopologicalSorter(arrows).static_order())


def test_run_knows_no_task():
    allowed = ("experiments.run", "seqjax.errors", "seqjax.plots", "seqjax.training")
    allowed += ("seqjax.data.files", "seqjax.data.splits")
    wrong = [each for name in IMPORTS if within(name, ["experiments.run"]) for each in own_imports(name)]
    assert [each for each in wrong if not within(each, allowed) and each not in ("experiments", "seqjax")] == []


def test_tasks_import_the_library_and_run_and_no_other_task():
    for name in IMPORTS:
        if within(name, ["experiments.tasks"]):
            shared = {f"experiments.tasks.{each}" for each in ("text_generation", "text_generation_flags")}
            allowed = {room(name), "experiments.run", "experiments.tasks"} | shared
            wrong = {
                each for each in own_imports(name) if each.startswith("experiments.") and room(each) not in allowed
            }
            assert not wrong, name


def test_registry_imports_no_task_before_it_is_asked_for():
    assert violations(["experiments.registry"], "experiments.tasks", "experiments.benchmark") == []


def test_commands_know_the_registry_and_run_and_no_task():
    commands = {f"experiments.{name}" for name in COMMANDS}
    assert commands <= IMPORTS.keys()
    assert violations(commands, "experiments.tasks", "experiments.benchmark", *commands) == []
    assert not {each for name in IMPORTS.keys() - commands for each in own_imports(name)} & commands


def test_evaluate_and_predict_know_no_optimiser_and_no_training_state():
    """Not even through what they import; losses that tasks take from optax are no optimiser."""
    commands = reachable("experiments.evaluate", "experiments.predict")
    assert not commands & (OPTIMISATION | {"optax", "experiments.run.training"})
    tasks = [name for name in IMPORTS if within(name, ["experiments.tasks", "seqjax.predictors"])]
    assert "seqjax.training.checkpoint" in reachable(*tasks) | commands
    assert not reachable(*tasks) & (OPTIMISATION | {"experiments.run.training"})


def test_ground_floor_needs_only_jax():
    ground = ["seqjax.recurrence", "seqjax.initializers", "seqjax.masking", "seqjax.typing"]
    assert violations(ground, "flax", "optax", "orbax") == []


# Training and interop may name flax.nnx too: they split a model and merge it inside, and build no modules.
def test_only_layers_and_models_import_flax_modules():
    allowed = {"seqjax.layers", "seqjax.models", "seqjax.predictors", "seqjax.training", "seqjax.interop"}
    others = {f"seqjax.{name}" for name in LIBRARY.keys() | GROUND} - allowed
    assert violations(others, "flax") == []


def test_weights_of_pytorch_and_flax_are_read_without_either():
    assert violations(["seqjax.interop.torch", "seqjax.interop.flax"], "torch", "flax") == []


def test_library_reads_no_flags_and_no_configs():
    assert violations(["seqjax"], "absl", "ml_collections", "configs", "experiments") == []


def test_only_the_checkpoint_imports_orbax():
    importers = {name for name, names in IMPORTS.items() if any(within(each, ["orbax"]) for each in names)}
    assert importers == {"seqjax.training.checkpoint"}


@pytest.mark.parametrize(
    "package",
    [
        "grain",
        "matplotlib",
        "mido",
        "music21",
        "pandas",
        "pyarrow",
        "rouge_score",
        "sacrebleu",
        "scipy",
        "sklearn",
        "soundfile",
        "rich",
        "yaml",
    ],
)
def test_heavy_package_is_imported_by_the_rooms_that_use_it(package):
    rooms = {
        "grain": ["seqjax.data"],
        "matplotlib": ["seqjax.plots", "experiments.benchmark"],
        "mido": ["seqjax.data"],
        "music21": ["seqjax.data"],
        "pandas": ["seqjax.data"],
        "pyarrow": ["seqjax.data"],
        "rich": ["seqjax.training.progress", "experiments.run.results"],
        "rouge_score": ["seqjax.metrics"],
        "sacrebleu": ["seqjax.metrics"],
        "scipy": ["seqjax.data"],
        "sklearn": ["seqjax.baselines", "seqjax.data"],
        "soundfile": ["seqjax.data"],
        "yaml": ["seqjax.data"],
    }[package]
    importers = {name for name, names in IMPORTS.items() if any(within(each, [package]) for each in names)}
    assert {name for name in importers if not within(name, rooms)} == set()


def test_heavy_packages_are_imported_when_they_are_used():
    """So that a task can refuse its config without them; names for type checkers alone are no import."""
    heavy = {"grain", "matplotlib", "mido", "music21", "pandas", "pyarrow"}
    heavy |= {"rouge_score", "sacrebleu", "scipy", "sklearn", "soundfile"}
    found = []
    for path in PATHS:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Import | ast.ImportFrom) and not within(module(path), ["experiments.benchmark"]):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [str(node.module)]
                found += [f"{module(path)}: {name}" for name in names if within(name, heavy)]
    assert found == []


@pytest.mark.parametrize("call", ["scan", "associative_scan"])
def test_only_the_ground_floor_scans(call):
    found = []
    for path in PATHS:
        if within(module(path), ["seqjax.layers", "seqjax.models"]):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr == call:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []
