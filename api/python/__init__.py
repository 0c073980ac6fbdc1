"""The Python interface of a memory: one set of methods over two transports, in process and HTTP."""
