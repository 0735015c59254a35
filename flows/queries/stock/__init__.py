"""What pages know of stock: each SKU in each system, why it is as it is, and full comparisons."""
