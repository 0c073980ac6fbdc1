"""The REST service: a thin edge over `midthought.api.python.memory.Memory`."""
