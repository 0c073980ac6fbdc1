"""No progress bar of a library while models are loaded, and all of them again afterwards."""

import pytest
from tqdm.auto import tqdm

from midthought.retrieval.encoders.quiet_bars import quiet_bars


def drawn(capsys: pytest.CaptureFixture[str]) -> str:
    """What a bar that insists on being shown puts on standard error."""
    assert list(tqdm([1, 2], desc="loading", disable=False)) == [1, 2]
    return capsys.readouterr().err


def test_no_bar_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """Not even one that asks for it; inside another quiet place as well, and bars come back when the last has ended."""
    assert "loading" in drawn(capsys)
    with quiet_bars():
        assert drawn(capsys) == ""
        with quiet_bars():
            assert drawn(capsys) == ""
        assert drawn(capsys) == ""
    assert "loading" in drawn(capsys)


@pytest.mark.slow
def test_converting_and_loading_the_model_is_silent(tmp_path: object, capfd: pytest.CaptureFixture[str]) -> None:
    """Reading GGUF, writing shards and loading weights each have a bar of their own; none is seen."""
    from pathlib import Path

    from midthought.memory.errors import MissingExtra
    from midthought.reasoner.engines.model_file import find_model
    from midthought.reasoner.engines.model_loading import EngineOptions, load_model
    from midthought.reasoner.engines.smollm2 import _write_model

    try:
        source = find_model(None)
    except MissingExtra:
        pytest.skip("the model is not installed: midthought model install")
    folder = Path(str(tmp_path))
    _write_model(source, folder)
    load_model(folder, EngineOptions())
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
