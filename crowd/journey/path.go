package journey

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Path is where a value is in a JSON document: the part of RFC 9535 that names exactly one value: `$.seats[0]`,
// `$["a b"]`.
type Path struct {
	text     string
	segments []segment
}

// segment is a member's name, or where that is empty and index is not -1, the place in an array.
type segment struct {
	name  string
	index int
}

func (p Path) String() string { return p.text }

// ParsePath reads a path.
func ParsePath(text string) (Path, error) {
	p := Path{text: text}
	rest, rooted := strings.CutPrefix(text, "$")
	if !rooted {
		return p, fmt.Errorf("JSON path %q does not begin with $", text)
	}
	for rest != "" {
		var one segment
		var ok bool
		if one, rest, ok = cutSegment(rest); !ok {
			return p, fmt.Errorf("JSON path %q cannot be read: $.name, $[0] and $[\"name\"] can", text)
		}
		p.segments = append(p.segments, one)
	}
	return p, nil
}

func cutSegment(text string) (one segment, rest string, ok bool) {
	if rest, dotted := strings.CutPrefix(text, "."); dotted {
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		return segment{rest[:end], -1}, rest[end:], end > 0 && !strings.ContainsAny(rest[:end], "]*?@'\" ")
	}
	inside, bracketed := strings.CutPrefix(text, "[")
	if !bracketed {
		return one, "", false
	}
	if inside != "" && (inside[0] == '"' || inside[0] == '\'') {
		end := strings.Index(inside[1:], inside[:1]+"]")
		if end < 0 {
			return one, "", false
		}
		return segment{inside[1 : end+1], -1}, inside[end+3:], true
	}
	digits, rest, closed := strings.Cut(inside, "]")
	index, err := strconv.Atoi(digits)
	return segment{"", index}, rest, closed && err == nil && index >= 0
}

// Find returns the raw value at the path, without a copy, and false where there is none. What is no JSON at all may
// give a value that is none either.
func (p Path) Find(data []byte) (raw []byte, found bool) {
	data = trimLeft(data)
	for _, s := range p.segments {
		if s.index >= 0 {
			data, found = element(data, s.index)
		} else {
			data, found = member(data, s.name)
		}
		if !found {
			return nil, false
		}
	}
	end := valueEnd(data)
	return data[:end], end > 0
}

func trimLeft(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\r' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// member is what follows the name of an object's member.
func member(b []byte, name string) (rest []byte, found bool) {
	b, open := bytes.CutPrefix(b, []byte{'{'})
	for open {
		b = trimLeft(b)
		end := stringEnd(b)
		if end == 0 {
			return nil, false
		}
		key := b[:end]
		if b = trimLeft(b[end:]); len(b) == 0 || b[0] != ':' {
			return nil, false
		}
		b = trimLeft(b[1:])
		if isKey(key, name) {
			return b, true
		}
		b, open = afterValue(b)
	}
	return nil, false
}

func isKey(quoted []byte, name string) bool {
	if string(quoted[1:len(quoted)-1]) == name {
		return bytes.IndexByte(quoted, '\\') < 0
	}
	if bytes.IndexByte(quoted, '\\') < 0 {
		return false
	}
	key, ok := unquote(quoted)
	return ok && key == name
}

// element is what begins with an array's element.
func element(b []byte, index int) (rest []byte, found bool) {
	b, open := bytes.CutPrefix(b, []byte{'['})
	if b = trimLeft(b); len(b) > 0 && b[0] == ']' {
		return nil, false
	}
	for ; open && index > 0; index-- {
		b, open = afterValue(b)
		b = trimLeft(b)
	}
	return b, open
}

// afterValue skips a value and the comma after it; false: there was no comma.
func afterValue(b []byte) (rest []byte, more bool) {
	end := valueEnd(b)
	if end == 0 {
		return nil, false
	}
	return bytes.CutPrefix(trimLeft(b[end:]), []byte{','})
}

// stringEnd is how long the string is that b begins with; 0: it is none.
func stringEnd(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}

// valueEnd is how long the value is that b begins with; 0: it is none.
func valueEnd(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"':
		return stringEnd(b)
	case '{', '[':
		return nestEnd(b)
	}
	for i, c := range b {
		switch c {
		case ',', '}', ']', ':', ' ', '\n', '\r', '\t', '"', '{', '[':
			return i
		}
	}
	return len(b)
}

// nestEnd is where the object or array ends that b begins with.
func nestEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			end := stringEnd(b[i:])
			if end == 0 {
				return 0
			}
			i += end - 1
		}
	}
	return 0
}
