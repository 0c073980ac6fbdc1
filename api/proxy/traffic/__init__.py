"""Traffic as traces: what passes through the proxy is learnt, in the namespaces that opt in."""
