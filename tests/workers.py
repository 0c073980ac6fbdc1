"""Which worker of a parallel run (``pytest -n 3``) runs which tests, and which files come first."""

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

MODELS = ("tests/reasoner/", "tests/retrieval/", "tests/memory/test_vector_indexes.py")
"""The tests that load models, by the beginning of their files' names."""

LONG = (
    "tests/docs/test_commands.py",
    "tests/memory/test_store_machine.py",
    "tests/ingest/test_long_traces.py",
    "tests/memory/crash/test_crash.py",
    "tests/docs/test_python.py",
    "tests/api/test_contract.py",
    "tests/api/test_service.py",
    "tests/ingest/decomposition/test_jobs_killed.py",
    "tests/api/test_jobs_served.py",
    "tests/house/test_wheel.py",
)
"""Files of few tests that take ten seconds of processor time or more, the longest first. Begun last, each of them would
leave the other workers without work."""


class FileScheduling(LoadScopeScheduling):
    """Keeps the tests of a file in one worker, so that a fixture of a file is made once.

    All that load models go to one worker: the others then never import torch and transformers (7 seconds), and no two
    hold a model. Not `xdist_group`: pytest-xdist 3.8 writes those to a field that pytest 9.2 ignores.

    The models come first, then the files that take long, then the others, the one of the most tests first.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return MODELS[0] if file.startswith(MODELS) else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a worker the next file; the queue of pytest-xdist is in the order of the numbers of tests."""
        first = next((file for file in (MODELS[0], *LONG) if file in self.workqueue), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
