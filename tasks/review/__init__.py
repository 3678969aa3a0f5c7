"""What a person decides about pictures: propose, approve, lock, reject, favourite, and taking it back."""
