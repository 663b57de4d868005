"""The floors of the house: who may import whom. Parsed from the sources, so that imports inside functions count."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "seqjax").rglob("*.py"))


def imports(path):
    """Every module that a file names in an import, in full: ``from flax import nnx`` gives ``flax.nnx``."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def files(*folders):
    return [path for path in SOURCES if path.relative_to(ROOT / "seqjax").parts[0] in folders]


def violations(paths, *modules):
    found = []
    for path in paths:
        for name in imports(path):
            if any(name == module or name.startswith(module + ".") for module in modules):
                found.append(f"{path.relative_to(ROOT)} imports {name}")
    return sorted(found)


def others(*folders):
    inside = files(*folders)
    return [path for path in SOURCES if path not in inside]


def test_the_parser_sees_what_it_should(tmp_path):
    source = tmp_path / "module.py"
    source.write_text("import a.b\nfrom c import d\ndef f():\n    from e.f import g as h\n")
    assert imports(source) == {"a.b", "c", "c.d", "e.f", "e.f.g"}
    assert len(SOURCES) > 10


def test_the_ground_floor_needs_only_jax():
    ground = files("recurrence", "initializers.py", "masking.py", "typing.py")
    upper = [f"seqjax.{name}" for name in ("layers", "models", "training", "data", "decoding", "interop")]
    assert violations(ground, "flax", "optax", "orbax", *upper) == []


# training and interop may name flax.nnx too: they split a model and merge it inside, and build no modules.
def test_only_layers_and_models_import_flax_modules():
    allowed = files("layers", "models", "training", "interop")
    assert violations([path for path in SOURCES if path not in allowed], "flax") == []


def test_the_weights_of_pytorch_and_flax_are_read_without_either():
    paths = [ROOT / "seqjax" / "interop" / name for name in ("torch.py", "flax.py")]
    assert violations(paths, "torch", "flax") == []


def test_layers_do_not_look_up():
    upper = [f"seqjax.{name}" for name in ("models", "training", "data", "decoding", "interop", "losses", "metrics")]
    assert violations(files("layers"), *upper) == []


def test_decoding_and_data_know_no_model():
    assert violations(files("decoding", "data"), "seqjax.models", "seqjax.layers", "seqjax.training", "flax") == []


def test_the_package_reads_no_flags_and_no_configs():
    assert violations(SOURCES, "absl", "ml_collections", "configs", "experiments") == []


def test_only_the_checkpoint_imports_orbax():
    checkpoint = ROOT / "seqjax" / "training" / "checkpoint.py"
    assert violations([path for path in SOURCES if path != checkpoint], "orbax") == []


@pytest.mark.parametrize("call", ["scan", "associative_scan"])
def test_only_the_ground_floor_scans(call):
    found = []
    for path in others("recurrence"):
        if path.relative_to(ROOT / "seqjax").parts[0] in ("layers", "models"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute) and node.attr == call:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []
