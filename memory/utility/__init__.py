"""What entries do to the outcome of runs, from runs that by chance withheld them."""
