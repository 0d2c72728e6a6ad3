"""The registry of AI models for the AI-Horde: reference files, a Python library and an HTTP service."""
