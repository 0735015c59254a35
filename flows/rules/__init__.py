"""Business rules between reader and writer: data, compiled once, judged. Pure: no Django inside."""
