"""The answers: their model, rules, questions, and how they are loaded, saved and migrated."""
