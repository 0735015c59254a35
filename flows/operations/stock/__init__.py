"""Stock: what each system says of it, what is offered of it elsewhere, and full comparisons."""
