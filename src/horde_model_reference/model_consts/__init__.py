"""The built-in categories, baselines, styles and the like, by what they are about (spec 30 §1)."""
