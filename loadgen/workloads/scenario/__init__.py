"""What a user of journeys does: requests in turn, whose replies say what comes next."""
