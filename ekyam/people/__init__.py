"""How a person proves who they are: passwords, second factors, remembered browsers."""
