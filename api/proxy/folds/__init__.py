"""How the parts of a streamed answer become the whole: one file per shape of answer."""
