"""What programs may know, by the API: plain values with the ids of all that they belong to."""
