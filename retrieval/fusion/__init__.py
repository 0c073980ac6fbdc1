"""Ways to make one ranking of what the search by meaning and the search by words found."""
