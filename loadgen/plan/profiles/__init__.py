"""What a person wrote, with every mistake named by its place: documents, profiles, variables, requests."""
