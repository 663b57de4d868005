"""Every layer on eight virtual devices: the numbers of one device, and what the compiled program computes and sends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCALARS = 128  # bytes that may be summed over devices beside the gradients: the loss and its parts


def run(*arguments):
    """The outcome of each case, by its title."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "on_eight_devices.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def check(title, outcome):
    """The same numbers as on one device; gates of the device's own rows; sums of gradients after the loops alone."""
    assert "failure" not in outcome, f"{title}: {outcome}"
    # Normalisation over a sharded axis sums in another order.
    assert outcome["error"] < (2e-4 if "hidden axis" in title else 1e-5), title
    if "in loops" in outcome:
        assert outcome["in loops"] == [], title
        assert outcome["kinds"] == ["all-reduce"], title
        assert outcome["whole batch"] == [], title
        assert 0 < outcome["bytes beyond the parameters"] <= SCALARS, title


def test_six_layers_keep_the_batch_on_its_devices_and_sum_gradients_once():
    outcomes = run("quick")
    assert len(outcomes) == 14
    for title, outcome in outcomes.items():
        check(title, outcome)


@pytest.mark.slow
def test_every_option_plan_and_mesh_equals_one_device():
    outcomes = run()
    refused = {title for title in outcomes if title.endswith("hidden axis explicit")}
    for title, outcome in outcomes.items():
        if title in refused:
            assert outcome["failure"].startswith("ValueError: "), title
            assert "must not be sharded over the explicit axis 'model'" in outcome["failure"], title
        else:
            check(title, outcome)
    assert len(refused) == 10
    assert len(outcomes) > 100
