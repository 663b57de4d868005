"""Configs: one shape for all of a task, every knob explained, none hidden."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from ml_collections import ConfigDict

from experiments.registry import GROUPS, TASKS, build_optimizer, build_task, build_training
from experiments.run.flags import flatten
from seqjax.errors import InputError

pytestmark = pytest.mark.usefixtures("quick_compilation")

ROOT = Path(__file__).parents[1]
CONFIGS = sorted((ROOT / "configs").glob("*.py"))


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_key_stands_beside_a_comment(path):
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"    config\.\w+\.\w+ = ", line):
            told = "  # " in line or lines[number - 1].strip().startswith("#")
            assert told, f"{path.name}, line {number + 1} has no comment"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_docstring_holds_source_and_command(path):
    text = load(path).__doc__ or ""
    assert "Source:" in text
    assert f"--config=configs/{path.name}" in text


@pytest.mark.parametrize("task", TASKS)
def test_configs_of_a_task_have_the_same_keys_whatever_the_variant(task):
    shapes = {
        frozenset((key, type(value)) for key, value in flatten(config).items())
        for path in CONFIGS
        for config in map(load(path).get_config, ("", "quick"))
        if config.task == task
    }
    assert len(shapes) == 1


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_sweep_changes_keys_that_there_are(path):
    module = load(path)
    known = flatten(module.get_config())
    for name, overrides in module.sweep("").items():
        assert overrides.keys() <= known.keys(), name


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
@pytest.mark.parametrize("group", GROUPS)
def test_every_key_is_read_and_no_other_is(path, group):
    """A key more and a key less are named, before any data is read."""

    def build(config: ConfigDict) -> None:
        build_training(config)
        build_optimizer(config)
        build_task(config)

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
    for path in [*(ROOT / "experiments").glob("*.py"), *(ROOT / "configs").glob("*.py")]:
        assert not re.search(r"config(\.\w+)?\.get\(", path.read_text()), path.name


def test_a_config_is_locked():
    config = load(CONFIGS[0]).get_config()
    assert isinstance(config, ConfigDict)
    with pytest.raises(AttributeError):
        config.lock().model.hiden_features = 3
