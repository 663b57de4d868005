"""Streams that are closed before a command starts, or while it runs."""

import subprocess
import sys

from tests.experiments.commands import ROOT

# Prints until nobody reads, then opens a file, whose number and content it writes to a third file.
SCRIPT = """
import os, sys
from experiments.run.streams import lasting_streams
lasting_streams(True)
for number in range(3000):
    print("line", number, flush=True)
    print("remark", number, file=sys.stderr)
with open(sys.argv[1], "w") as file:
    print(file.fileno(), sys.stdout.encoding, file=file)
"""


def run(script: str, path) -> str:
    """Runs the script in a shell line, and returns what it wrote at its end."""
    line = f'"{sys.executable}" -c "$SCRIPT" {path} {script}'
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], cwd=ROOT, env={"SCRIPT": SCRIPT}, timeout=60)
    assert done.returncode == 0
    return path.read_text()


def test_closed_streams_lose_nothing_and_give_their_number_to_no_file(tmp_path):
    for number, script in enumerate(("2>&1 | head -1 >/dev/null", ">&- 2>&-", "<&- >&- 2>/dev/null")):
        fileno, _ = run(script, tmp_path / str(number)).split()
        assert int(fileno) > 2, script


def test_output_keeps_its_encoding_and_is_flushed(tmp_path):
    script = "import sys; from experiments.run.streams import lasting_streams; lasting_streams(True)\n"
    script += "print('caf\\xe9'); print('r\\xe9', file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, env={"PYTHONIOENCODING": "latin-1"}, timeout=60
    )
    assert (done.stdout, done.stderr) == (b"caf\xe9\n", b"r\xe9\n")
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, env={"PYTHONIOENCODING": "ascii"}, timeout=60
    )
    assert done.stdout == b"caf\\xe9\n"


def test_standard_error_keeps_the_order_in_which_processes_wrote(tmp_path):
    script = """
import subprocess, sys
from experiments.run.streams import lasting_streams
lasting_streams(True)
print("ours", file=sys.stderr)
subprocess.run(["sh", "-c", "echo of a child >&2"])
"""
    with (tmp_path / "err").open("wb") as err:
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, stderr=err, timeout=60, check=True)
    assert (tmp_path / "err").read_text() == "ours\nof a child\n"
