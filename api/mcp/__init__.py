"""The memory as tools of the Model Context Protocol: over standard input and output, and in the service at ``/mcp``."""
