"""Result to text and other forms; pure functions."""
