"""Query reasoning: a model says what a query needs, and what it says is searched as well."""
