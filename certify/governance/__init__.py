"""How the rules themselves change: rulebooks published by two people after consultation, dry runs, explanations."""
