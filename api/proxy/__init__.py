"""The proxy: recall for any client of a model server, which changes nothing but its base URL."""
