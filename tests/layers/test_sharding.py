"""Every layer on eight virtual devices equals the layer on one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from layer_zoo import ZOO

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def errors():
    script = Path(__file__).parent / "on_eight_devices.py"
    path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", [*ZOO, "gru, unpadded", "lstm, unpadded", "rnn, unpadded"])
def test_eight_devices_equal_one_device(errors, name):
    assert errors[name].keys() == {"shard_map", "explicit", "ensemble"}
    for case, error in errors[name].items():
        assert isinstance(error, float), f"{case}: {error}"
        assert error < 1e-5, case
