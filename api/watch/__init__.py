"""What an operator sees of a service: metrics, traces and logs."""
