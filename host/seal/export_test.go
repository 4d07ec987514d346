package seal

// Bytes are what a place is bound by.
func (p Place) Bytes() []byte { return p.bytes() }
