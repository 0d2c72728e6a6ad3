"""Live data of the AI-Horde for programs (spec 30 §1)."""
