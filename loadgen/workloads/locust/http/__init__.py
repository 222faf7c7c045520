"""The clients of locustfiles: what they send, as requests and Locust's fast client would, and the replies they get."""
