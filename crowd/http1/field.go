package http1

import "bytes"

// FieldOf is the first value of a field in a response's header, as it came over the wire, interim responses before it
// included.
func FieldOf(head []byte, name string) (value string, found bool) {
	head = lastHeader(head)
	for len(head) > 0 {
		var line []byte
		line, head, _ = bytes.Cut(head, []byte{'\n'})
		field, content, isField := bytes.Cut(line, []byte{':'})
		if isField && len(field) == len(name) && bytes.EqualFold(field, []byte(name)) {
			return string(bytes.Trim(content, " \t\r")), true
		}
	}
	return "", false
}

// lastHeader leaves out the headers that end before the last one begins.
func lastHeader(head []byte) []byte {
	for {
		end := headerEnd(head, 0)
		if end == 0 || end >= len(head) {
			return head
		}
		head = head[end:]
	}
}
