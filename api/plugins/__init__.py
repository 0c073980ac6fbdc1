"""The memory as a part of frameworks: one module each, which is imported only by who uses the framework."""
