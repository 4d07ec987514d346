package luajson

// Member is one member of a JSON object whose value is not decoded yet.
type Member struct {
	Name string
	Text []byte // shares memory with the object's text
}

// Members splits the text of a JSON object. No text has no members.
func Members(text []byte) ([]Member, error) {
	r := reader{text: text}
	if r.peek() == 0 && r.at >= len(text) {
		return nil, nil
	}
	if r.peek() != '{' {
		return nil, r.fail("an object must stand here")
	}
	r.at++
	if r.peek() == '}' {
		return nil, nil
	}
	var out []Member
	for {
		member, err := r.raw()
		if err != nil {
			return nil, err
		}
		out = append(out, member)
		if done, err := r.separator('}'); done || err != nil {
			return out, err
		}
	}
}

func (r *reader) raw() (Member, error) {
	if r.peek() != '"' {
		return Member{}, r.fail("a member name in double quotes must stand here")
	}
	name, err := r.string()
	if err != nil {
		return Member{}, err
	}
	if r.peek() != ':' {
		return Member{}, r.fail("a colon must stand here")
	}
	r.at++
	r.space()
	start := r.at
	if err := r.skip(); err != nil {
		return Member{}, err
	}
	return Member{Name: name, Text: r.text[start:r.at]}, nil
}

// skip passes one value over without a look at its inside beyond strings and brackets.
func (r *reader) skip() error {
	depth := 0
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case '"':
			if err := r.skipString(); err != nil {
				return err
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return nil
			}
			depth--
		case ',':
			if depth == 0 {
				return nil
			}
		}
		r.at++
	}
	return r.fail("the text ends too early")
}

func (r *reader) skipString() error {
	for r.at++; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case '\\':
			r.at++
		case '"':
			r.at++
			return nil
		}
	}
	return r.fail("a string has no end")
}
