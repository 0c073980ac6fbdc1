"""The REST service: a thin edge over `midthought.api.library.Memory`."""
