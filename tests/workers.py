"""Which worker of a parallel run (``pytest -n 2``) runs which tests."""

from xdist.scheduler import LoadScopeScheduling

MODELS = ("tests/reasoner/", "tests/retrieval/", "tests/memory/test_vector_indexes.py")
"""The tests that load models, by the beginning of their files' names."""


class FileScheduling(LoadScopeScheduling):
    """Keeps the tests of a file in one worker, so that a fixture of a file is made once.

    All that load models go to one worker: the other then never imports torch and transformers (7 seconds), and no two
    workers hold a model. Not `xdist_group`: pytest-xdist 3.8 writes those to a field that pytest 9.2 ignores.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return MODELS[0] if file.startswith(MODELS) else file
