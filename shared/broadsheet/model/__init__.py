"""What things are: types, identity, order, keys, errors. Pure."""
