"""What Ekyam promises, tried."""
