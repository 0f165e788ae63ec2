"""Messages, greetings and PINs as values and rules, and the ports that keep them."""
