"""``python -m midthought``: the command line, where the script ``midthought`` is not on the PATH."""

from midthought.api.cli.start import main

if __name__ == "__main__":
    main()
