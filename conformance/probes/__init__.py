"""What is asked of the API: each probe breaks exactly one thing and knows what must come back."""
