"""The DuckDB file: connection, lock, transactions, migrations, and the SQL of each table."""
