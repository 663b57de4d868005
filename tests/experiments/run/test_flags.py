"""Config files: what makes no config, or a wrong one, is refused by one sentence."""

import pytest
from ml_collections import ConfigDict

from configs.long_range import adding
from experiments.run.flags import _end, make_config
from experiments.run.training import parse_train, remark_on
from seqjax.errors import InputError
from tests.experiments.commands import ROOT

FILE = f"{ROOT}/configs/long_range/adding.py:quick"


def test_config_has_the_values_of_the_command_line():
    config = make_config(FILE, {"data.length": "7", "model.norm": "true", "optimizer.learning_rate": "1"})
    assert (config.data.length, config.model.norm, config.optimizer.learning_rate) == (7, True, 1.0)
    assert isinstance(config.optimizer.learning_rate, float)
    assert config.is_locked
    assert parse_train(config).steps == 20


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("get_config = lambda arg: None", "get_config() must return a ConfigDict, not NoneType"),
        ("", "has no function get_config()"),
        ("foo", "config file {}: NameError: name 'foo' is not defined"),
        ("import absent", "config file {}: ModuleNotFoundError: No module named 'absent'"),
        ("\n\ndef", "config file {}, line 3: invalid syntax"),
        ("\0", "config file {}"),
        ("def get_config(arg): raise KeyError('a')", "config '{}': KeyError: 'a'"),
        ("def get_config(): pass", "config '{}': TypeError: get_config() takes 0 positional arguments"),
    ],
)
def test_config_file_that_makes_no_config_is_named(tmp_path, text, sentence):
    path = tmp_path / "my.py"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        make_config(str(path), {})
    assert sentence.format(path) in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_config_file_may_be_in_the_home_folder_and_must_be_python(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my.py").write_text("from ml_collections import ConfigDict\ndef get_config(arg): return ConfigDict()")
    assert isinstance(make_config("~/my.py:a", {}), ConfigDict)
    (tmp_path / "my.txt").write_text("")
    for name, sentence in (("my.txt", "is no config file; its name must end in .py"), (".", "there is no config file")):
        with pytest.raises(InputError, match=sentence):
            make_config(str(tmp_path / name), {})


def edited(**groups: object) -> ConfigDict:
    """The config of the adding problem with other values for whole groups; None removes a group."""
    values = {**adding.get_config("quick").to_dict(), **groups}
    return ConfigDict({name: value for name, value in values.items() if value is not None})


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ({"model": 3}, "config key 'model' is 3, but must be a group of keys"),
        ({"modle": {}}, "there is no config key 'modle'; did you mean 'model'?"),
        ({"data": None}, "config key 'data' is missing"),
        ({"seed": "0"}, "config key 'seed' is '0', but must be a whole number"),
        ({"seed": 1.5}, "config key 'seed' is 1.5, but must be a whole number"),
        ({"seed": -1}, "config key 'seed' is -1, but must be at least 0"),
        ({"seed": 2**63}, "config key 'seed' is 9223372036854775808, but must be at most 2147483647"),
        ({"task": 3}, "config key 'task' is 3, but must be text"),
        ({"train": {"steps": 3}}, "config key 'train.log_every' is missing"),
        ({"optimizer": {"learning_rate": 1.0}}, "config key 'optimizer.schedule' is missing"),
    ],
)
def test_group_that_is_wrong_is_named(groups, sentence):
    with pytest.raises(InputError) as error:
        parse_train(edited(**groups))
    assert str(error.value) == sentence


OPTIMIZER = adding.get_config("quick").optimizer.to_dict()
TRAIN = adding.get_config("quick").train.to_dict()


@pytest.mark.parametrize("value", [-1, -1e-30, float("nan"), float("inf"), -float("inf"), "1", None, True, (1,)])
@pytest.mark.parametrize("key", ["learning_rate", "weight_decay", "clip_norm", "warmup_steps"])
def test_number_of_the_optimizer_that_means_nothing_is_refused(key, value):
    with pytest.raises(InputError, match=key):
        parse_train(edited(optimizer={**OPTIMIZER, key: value}))


@pytest.mark.parametrize("value", [-1, 1.5, 2**31, float("nan"), "1", None, False])
@pytest.mark.parametrize("key", ["steps", "log_every", "evaluate_every", "patience", "max_to_keep"])
def test_number_of_the_training_that_means_nothing_is_refused(key, value):
    with pytest.raises(InputError, match=rf"config key 'train\.{key}' is "):
        parse_train(edited(train={**TRAIN, key: value}))


def test_numbers_at_their_limits_are_taken():
    limits = {"warmup_steps": 0, "weight_decay": 0, "clip_norm": 0, "learning_rate": 1e-30}
    least = {"steps": 1, "log_every": 1, "evaluate_every": 1, "patience": 0, "max_to_keep": 1, "ema_decay": 0}
    parse_train(edited(optimizer={**OPTIMIZER, **limits}, train=least, seed=2**31 - 1))
    parse_train(edited(train={**TRAIN, "evaluate_every": 2**31 - 1, "log_every": 2**31 - 1, "ema_decay": 0.999}))


def test_warm_up_that_is_longer_than_the_run_is_remarked():
    assert remark_on(edited()) == ""
    config = edited(optimizer={**OPTIMIZER, "warmup_steps": 20})
    assert remark_on(config) == "optimizer.warmup_steps is 20: in 20 steps the learning rate does not reach its peak"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/a/b"), "error: /a/b: Permission denied\n"),
        (OSError(36, "File name too long", "x" * 300), f"error: {'x' * 200}: File name too long\n"),
        (MemoryError(), "error: the memory is full; make the model or data.batch_size smaller\n"),
        (
            RuntimeError("RESOURCE_EXHAUSTED: 16 TB"),
            "error: the memory is full; make the model or data.batch_size smaller\n",
        ),
    ],
)
def test_error_of_the_machine_is_one_sentence(error, sentence, capsys):
    with pytest.raises(SystemExit) as end:
        _end(error, [])
    assert (end.value.code, capsys.readouterr().err) == (2, sentence)


def test_error_of_the_code_is_raised_again():
    with pytest.raises(KeyError):
        _end(KeyError("a"), [])
