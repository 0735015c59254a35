"""Who is signed in, where and since when; and how long that may last."""
