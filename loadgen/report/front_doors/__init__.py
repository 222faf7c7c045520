"""Reports in the lines that scripts know from other tools: Result -> text."""
