"""Merging: a paraphrase joins the entry it repeats; whatever differs in a literal stays apart."""
