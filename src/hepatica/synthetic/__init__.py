"""SYNTHETIC PATIENTS: seeded anatomy for demonstrations and virtual trials."""
