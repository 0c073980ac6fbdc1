"""Writes the vectors that ship with the starter memory, anew whenever its files change: `data/starter/vectors/*.npy`.

Run from the root of the checkout: ``.venv/bin/python benchmarks/recall/make_starter_vectors.py``. It deletes the files
that no longer fit, and takes some ten seconds on two cores.
"""

from pathlib import Path

import numpy as np

from midthought.ingest.starter import starter_keys, vectors_name
from midthought.retrieval.encoders.minilm import MiniLMEncoder

FOLDER = Path(__file__).parents[2] / "data" / "starter" / "vectors"


def main() -> None:
    encoder = MiniLMEncoder()
    vectors = encoder.encode_documents(starter_keys())
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.npy"):
        old.unlink()
    np.save(FOLDER / vectors_name(encoder.identity), vectors.astype(np.float16), allow_pickle=False)
    print(f"{len(vectors)} vectors of {encoder.identity}")


if __name__ == "__main__":
    main()
