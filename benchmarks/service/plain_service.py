"""What one would write oneself: a FastAPI service over one FAISS index, with the vectors in memory.

    python benchmarks/service/plain_service.py ENTRIES.jsonl PORT

Each line is `{"id", "text", "vector"}`. `POST /search {"query", "k"}` encodes the query and answers with the nearest.
"""

import json
import sys
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from midthought.retrieval.encoders.minilm import MiniLMEncoder


class Search(BaseModel):
    query: str
    k: int = 5


def create(file: Path) -> FastAPI:
    """Return the service."""
    entries = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    index = faiss.IndexFlatIP(len(entries[0]["vector"]))
    index.add(np.array([one.pop("vector") for one in entries], dtype=np.float32))
    faiss.omp_set_num_threads(1)
    encoder = MiniLMEncoder()
    for _ in range(2):
        encoder.encode_queries(["the model is loaded before the first request"])
    app = FastAPI()

    @app.get("/health/ready")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}

    @app.post("/search")
    def search(asked: Search) -> list[dict[str, Any]]:
        scores, rows = index.search(encoder.encode_queries([asked.query]), asked.k)
        return [{**entries[row], "score": float(score)} for row, score in zip(rows[0], scores[0], strict=True)]

    return app


if __name__ == "__main__":
    uvicorn.run(create(Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
