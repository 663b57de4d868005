"""Every notebook runs from its first cell to its last."""

from pathlib import Path

import nbformat
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tests.experiments.commands import started

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))

# Matplotlib, imported already, did not hear of the kernel.
SHORT = "%matplotlib inline\nimport os\nos.environ['SEQJAX_SHORT'] = '1'"


class RunningKernel(AsyncKernelManager):
    """Manages a kernel that it neither starts nor ends."""

    has_kernel = True


def run_forked(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Runs a notebook in a kernel like any other, but that it starts with its imports done."""
    kernel, stop = RunningKernel(owns_kernel=False), BlockingKernelClient()
    kernel.write_connection_file()
    stop.load_connection_info(kernel.get_connection_info())
    with started("ipykernel_launcher", "-f", kernel.connection_file, cwd=folder):
        try:
            NotebookClient(notebook, kernel, timeout=300).execute(cleanup_kc=True)
        finally:
            stop.start_channels(shell=False, iopub=False, stdin=False, hb=False)
            stop.shutdown()
    stop.stop_channels()


# The client reads sockets that the kernel's end leaves open for the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("form", ["short", pytest.param("full", marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, form, monkeypatch):
    """In the short form it trains for a few steps only, and does not assert what takes training."""
    monkeypatch.delenv("SEQJAX_SHORT", raising=False)
    notebook = nbformat.read(path, as_version=4)
    if form == "short":
        notebook.cells.insert(0, nbformat.v4.new_code_cell(SHORT))
        run_forked(notebook, path.parent)
    else:
        NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
        ).execute()
    images = [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs if "data" in output
    ]
    assert any("image/png" in output["data"] for output in images)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
