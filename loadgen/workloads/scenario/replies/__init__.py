"""What a journey is given: replies, and what is in them."""
