"""What the API can do: one class per operation, from which the methods, the routes and the clients are made."""
