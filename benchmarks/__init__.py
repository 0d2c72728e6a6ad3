"""Speed and memory of the service, measured beside nginx and a plain route: ``python -m benchmarks``."""
