"""The customer decides: by a link without an account a picture is approved, or a change is asked for."""
