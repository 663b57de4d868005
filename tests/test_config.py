"""Configs: one shape for all of a task, every key explained and read, no default elsewhere."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from ml_collections import ConfigDict

from experiments.registry import INPUTS, TASKS, build_task, task_package
from experiments.run.flags import flatten
from experiments.run.training import GROUPS, build_optimizer, parse_train
from seqjax.errors import InputError

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*/*.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def build(config: ConfigDict) -> None:
    """Reads all groups of a config, in the order of the command."""
    parse_train(config)
    build_optimizer(config)
    build_task(config)


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_every_key_has_a_comment(path):
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"    config\.\w+\.\w+ = ", line):
            commented = "  # " in line or lines[number - 1].strip().startswith("#")
            assert commented, f"{name(path)}, line {number + 1} has no comment"


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_docstring_holds_source_and_command(path):
    text = load(path).__doc__ or ""
    assert "Source:" in text
    assert f"--config=configs/{name(path)}.py" in text


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_config_lies_in_the_folder_of_its_task(path):
    assert load(path).get_config().task == path.parent.name


@pytest.mark.parametrize("task", TASKS)
def test_configs_of_a_task_and_its_kind_of_inputs_have_the_same_keys_in_every_variant(task):
    shapes: dict[str, set[frozenset[tuple[str, type]]]] = {}
    for path in CONFIGS:
        for config in map(load(path).get_config, ("", "quick")):
            if config.task == task:
                keys = frozenset((key, type(value)) for key, value in flatten(config).items())
                shapes.setdefault(task_package(config), set()).add(keys)
    assert all(len(each) == 1 for each in shapes.values())
    assert len(shapes) == len(INPUTS.get(task, [""]))


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_sweep_changes_keys_that_exist(path):
    module = load(path)
    known = flatten(module.get_config())
    for variant, overrides in module.sweep("").items():
        assert overrides.keys() <= known.keys(), variant


@pytest.mark.parametrize("path", CONFIGS, ids=name)
@pytest.mark.parametrize("group", GROUPS)
def test_every_key_is_read_and_no_other_is(path, group):
    """A key more and a key less are named, before any data is read."""
    config = ConfigDict(load(path).get_config("quick").to_dict())
    if not isinstance(config[group], ConfigDict):
        del config[group]
        with pytest.raises(InputError, match=f"'{group}' is missing"):
            build(config)
        return
    config[group].extra = 1
    with pytest.raises(InputError, match=f"no config key '{group}.extra'"):
        build(config)
    del config[group].extra
    for key, value in list(config[group].items()):
        del config[group][key]
        with pytest.raises(InputError, match=f"'{group}.{key}' is missing"):
            build(config)
        config[group][key] = value


def test_no_default_hides_outside_the_configs():
    for path in [
        *(ROOT / "experiments").glob("*.py"),
        *ROOT.glob("experiments/run/*.py"),
        *ROOT.glob("experiments/tasks/**/*.py"),
        *CONFIGS,
    ]:
        assert not re.search(r"config(\.\w+)?\.get\(", path.read_text()), path


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_mistyped_key_names_the_nearest(path):
    """Each key with two letters swapped, as a key more of its group."""
    config = load(path).get_config("quick")
    for group in ("data", "model", "optimizer", "train"):
        for key in config[group]:
            swapped = key[0] + key[2] + key[1] + key[3:]
            if swapped == key:
                continue
            keys = config.to_dict()
            keys[group][swapped] = keys[group].pop(key)
            with pytest.raises(InputError) as error:
                build(ConfigDict(keys))
            assert str(error.value) == f"there is no config key '{group}.{swapped}'; did you mean {key!r}?"
