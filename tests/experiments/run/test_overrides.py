"""Keys of a config on the command line: order, blanks, and values of every type."""

import pytest

from experiments.run.overrides import keys, normalised, parse_value
from seqjax.errors import InputError

FILE = "--config=configs/x.py:quick"
KNOWN = {
    "seed": 0,
    "data.path": "generated",
    "data.targets": ("Demand",),
    "data.known": (),
    "data.seasons": (24, 168),
    "data.split": (0.8, 0.1, 0.1),
    "model.norm": False,
    "optimizer.learning_rate": 1e-3,
}


@pytest.mark.parametrize(
    "arguments",
    [
        [FILE, "--config.seed=1", "--config.data.path=a", "--workdir=w"],
        ["--workdir=w", "--config.seed=1", FILE, "--config.data.path=a"],
        ["-config.seed=1", "-config=configs/x.py:quick", "--config.data.path", "a", "--workdir=w"],
        ["--config.seed", "1", "--config", "configs/x.py:quick", "--config.data.path=a", "--workdir=w"],
    ],
)
def test_order_blanks_and_single_dashes_do_not_matter(arguments):
    assert normalised(arguments) == [FILE, "--config.seed=1", "--config.data.path=a", "--workdir=w"]
    assert keys(normalised(arguments)) == {"seed": "1", "data.path": "a"}


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("--config.model.norm", "true"),
        ("--noconfig.model.norm", "false"),
        ("--config.model.norm=false", "false"),
        ("--config.model.norm=", ""),
        ("--config.model.norm=a=b", "a=b"),
    ],
)
def test_key_without_a_value_is_true(argument, value):
    assert normalised([argument, "--workdir=w"]) == [f"--config.model.norm={value}", "--workdir=w"]


def test_negative_number_after_a_blank_is_a_value():
    assert normalised(["--config.seed", "-1", "--config.rate", "-.5"]) == ["--config.seed=-1", "--config.rate=-.5"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([FILE, "--config=b.py"], "--config is given twice, as 'configs/x.py:quick' and as 'b.py'; leave one out"),
        (
            ["--config.seed=1", FILE, "--config.seed=1"],
            "--config.seed is given twice, as '1' and as '1'; leave one out",
        ),
    ],
)
def test_flag_that_is_given_twice_is_refused(arguments, sentence):
    with pytest.raises(InputError) as error:
        normalised(arguments)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("seed", "-3", -3),
        ("optimizer.learning_rate", "1e5", 1e5),
        ("model.norm", "TRUE", True),
        ("model.norm", "0", False),
        ("data.path", "", ""),
        ("data.path", "'a b'", "'a b'"),
        ("data.path", "None", "None"),
        ("data.targets", "1", ("1",)),
        ("data.targets", "0,1e5, 2", ("0", "1e5", "2")),
        ("data.targets", "load,wind", ("load", "wind")),
        ("data.targets", "(load, wind)", ("load", "wind")),
        ("data.targets", "['load']", ("load",)),
        ("data.targets", "('load, MW','b')", ("load, MW", "b")),
        ("data.targets", "('load',)", ("load",)),
        ("data.targets", "None", ("None",)),
        ("data.targets", "% WEIGHTED ILI", ("% WEIGHTED ILI",)),
        ("data.targets", "l'eau", ("l'eau",)),
        ("data.targets", "", ()),
        ("data.known", "", ()),
        ("data.known", "()", ()),
        ("data.known", "1,b", (1, "b")),
        ("data.seasons", "(24,)", (24,)),
        ("data.seasons", "7", (7,)),
        ("data.seasons", "7.5", (7.5,)),
        ("data.split", "0.6,0.2,0.2", (0.6, 0.2, 0.2)),
        ("data.split", "[70, 20, 20]", (70, 20, 20)),
    ],
)
def test_value_has_the_type_that_it_has_in_the_config(key, text, value):
    parsed = parse_value(key, text, KNOWN)
    assert parsed == value
    assert type(parsed) is type(value)
    assert not isinstance(value, tuple) or [*map(type, parsed)] == [*map(type, value)]


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("seed", "1.0", "config key 'seed' is '1.0', but must be a whole number"),
        ("seed", "", "config key 'seed' is '', but must be a whole number"),
        ("seed", "None", "config key 'seed' is 'None', but must be a whole number"),
        ("optimizer.learning_rate", "1,5", "is '1,5', but must be a number"),
        ("model.norm", "yes", "config key 'model.norm' is 'yes', but must be true or false"),
        ("data.paht", "a", "there is no config key 'data.paht'; did you mean 'data.path'?"),
        ("learning_rate", "1", "there is no config key 'learning_rate'; did you mean 'optimizer.learning_rate'?"),
        ("model", "lstm", "there is no config key 'model', but a group of keys: model.norm"),
        ("", "1", "there is no config key ''; there are seed, data.path"),
    ],
)
def test_key_or_value_that_is_wrong_is_named(key, text, sentence):
    with pytest.raises(InputError) as error:
        parse_value(key, text, KNOWN)
    assert sentence in str(error.value)
