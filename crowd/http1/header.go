package http1

import (
	"bytes"
	"math"
	"strings"
)

var (
	noFields Fields
	// A crowd gets the same few answers over and over; these share their Fields.
	common = []*Fields{
		{ContentType: "text/event-stream"},
		{ContentType: "text/event-stream; charset=utf-8"},
		{ContentType: "text/event-stream;charset=utf-8"},
		{ContentType: "text/event-stream;charset=UTF-8"},
		{ContentType: "application/json"},
		{ContentType: "application/json; charset=utf-8"},
	}
)

// maxInterims is how many 1xx responses may come before the answer.
const maxInterims = 8

// headerFacts is what one header says about its response.
type headerFacts struct {
	contentType, location, retryAfter, date []byte
	contentEncoding                         []byte
	setCookies                              []byte
	length                                  uint64
	hasLength, chunked, hasEncoding         bool
	close, keepAlive, keepCookies           bool
}

// parse reads a whole header and decides how the body is framed (RFC 9112, 6.3).
func (r *Response) parse(head []byte) (interim bool, err error) {
	line, rest := cutLine(head)
	status, minor, err := parseStatusLine(line)
	if err != nil {
		return false, err
	}
	facts := headerFacts{keepCookies: r.KeepCookies}
	if err := facts.parse(rest); err != nil {
		return false, err
	}
	if status < 200 && status != 101 {
		r.interims++
		if r.interims > maxInterims {
			return false, ProtocolError("too many interim responses")
		}
		return true, nil
	}
	chunked := facts.hasEncoding && minor >= 1
	if chunked && !facts.chunked {
		return false, ProtocolError("transfer encoding is not chunked")
	}
	r.status = status
	r.fields = fieldsOf(&facts)
	r.keepAlive = !facts.close && (minor >= 1 || facts.keepAlive)
	switch {
	case status == 101 || status == 204 || status == 304:
		r.state = done
	case chunked:
		r.state = inChunkSize
	case facts.hasLength:
		r.state, r.remaining = inLength, facts.length
		if r.remaining == 0 {
			r.state = done
		}
	default:
		r.state, r.keepAlive = inUntilClose, false
	}
	return false, nil
}

// cutLine splits off the first line, without its end. head ends in an empty line.
func cutLine(head []byte) (line, rest []byte) {
	lf := bytes.IndexByte(head, '\n')
	line, rest = head[:lf], head[lf+1:]
	return bytes.TrimSuffix(line, []byte{'\r'}), rest
}

// parseStatusLine reads `HTTP/1.x 200 reason`.
func parseStatusLine(line []byte) (status uint16, minor byte, err error) {
	const version = "HTTP/1."
	if len(line) < len(version)+5 || string(line[:len(version)]) != version ||
		line[7] < '0' || line[7] > '9' || line[8] != ' ' {
		return 0, 0, ProtocolError("this is no HTTP/1.1 status line: " + quoted(line))
	}
	minor = line[7] - '0'
	code := bytes.TrimLeft(line[9:], " ")
	if len(code) < 3 || len(code) > 3 && code[3] != ' ' {
		return 0, 0, ProtocolError("this is no status code: " + quoted(code))
	}
	for _, c := range code[:3] {
		if c < '0' || c > '9' {
			return 0, 0, ProtocolError("this is no status code: " + quoted(code))
		}
		status = status*10 + uint16(c-'0')
	}
	if status < 100 {
		return 0, 0, ProtocolError("this is no status code: " + quoted(code))
	}
	return status, minor, nil
}

func quoted(b []byte) string {
	const most = 40
	if len(b) > most {
		return strings.ToValidUTF8(string(b[:most]), "?") + "…"
	}
	return strings.ToValidUTF8(string(b), "?")
}

// parse reads the header fields up to the empty line. A line that begins with a blank continues the field before it.
func (f *headerFacts) parse(rest []byte) error {
	for {
		var line []byte
		line, rest = cutLine(rest)
		if len(line) == 0 {
			return nil
		}
		if line[0] == ' ' || line[0] == '\t' {
			return ProtocolError("the first header line is a continuation")
		}
		for rest[0] == ' ' || rest[0] == '\t' {
			var more []byte
			more, rest = cutLine(rest)
			// Joined in a copy: the header itself is not ours to write to.
			line = bytes.Join([][]byte{trimBlanks(line), trimBlanks(more)}, []byte{' '})
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 {
			return ProtocolError("this header line has no name: " + quoted(line))
		}
		if err := f.take(line[:colon], trimBlanks(line[colon+1:])); err != nil {
			return err
		}
	}
}

// trimBlanks of blanks alone is empty and not nil: a header field that is there without a value is there.
func trimBlanks(b []byte) []byte {
	if trimmed := bytes.Trim(b, " \t"); trimmed != nil {
		return trimmed
	}
	return b[:0]
}

// isNameByte: token of RFC 9110, 5.6.2.
func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

func (f *headerFacts) take(name, value []byte) error {
	for _, c := range name {
		if !isNameByte(c) {
			return ProtocolError("this is no header name: " + quoted(name))
		}
	}
	switch len(name) {
	case len("Date"):
		if isName(name, "date") && f.date == nil {
			f.date = value
		}
	case len("Location"):
		if isName(name, "location") && f.location == nil {
			f.location = value
		}
	case len("Connection"):
		switch {
		case isName(name, "set-cookie") && f.keepCookies:
			f.setCookies = append(append(f.setCookies, value...), '\n')
		case isName(name, "connection"):
			f.close = f.close || hasToken(value, "close")
			f.keepAlive = f.keepAlive || hasToken(value, "keep-alive")
		}
	case len("Retry-After"):
		if isName(name, "retry-after") && f.retryAfter == nil {
			f.retryAfter = value
		}
	case len("Content-Type"):
		if isName(name, "content-type") && f.contentType == nil {
			f.contentType = value
		}
	case len("Content-Encoding"):
		if isName(name, "content-encoding") {
			// Several lines are one list (RFC 9110, 5.3). Joined in a copy: the header is not ours to write to.
			if f.contentEncoding != nil {
				value = bytes.Join([][]byte{f.contentEncoding, value}, []byte{','})
			}
			f.contentEncoding = value
		}
	case len("Content-Length"):
		if isName(name, "content-length") {
			return f.takeLength(value)
		}
	case len("Transfer-Encoding"):
		if isName(name, "transfer-encoding") {
			if f.hasEncoding {
				return ProtocolError("more than one Transfer-Encoding")
			}
			f.hasEncoding, f.chunked = true, isName(value, "chunked")
		}
	}
	return nil
}

func (f *headerFacts) takeLength(value []byte) error {
	if len(value) == 0 {
		return ProtocolError("Content-Length is empty")
	}
	var length uint64
	for _, c := range value {
		if c < '0' || c > '9' || length > (math.MaxInt64-9)/10 {
			return ProtocolError("this is no Content-Length: " + quoted(value))
		}
		length = length*10 + uint64(c-'0')
	}
	if f.hasLength && f.length != length {
		return ProtocolError("two Content-Lengths that differ")
	}
	f.length, f.hasLength = length, true
	return nil
}

// isName compares without case; lower is in lower case.
func isName(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func hasToken(list []byte, lower string) bool {
	for len(list) > 0 {
		var one []byte
		one, list, _ = bytes.Cut(list, []byte{','})
		if isName(trimBlanks(one), lower) {
			return true
		}
	}
	return false
}

// fieldsOf copies what outlives the header; the usual answers cost nothing.
func fieldsOf(f *headerFacts) *Fields {
	if f.location == nil && f.retryAfter == nil && f.contentEncoding == nil && f.setCookies == nil {
		if f.contentType == nil {
			return nil
		}
		for _, known := range common {
			if string(f.contentType) == known.ContentType {
				return known
			}
		}
	}
	fields := &Fields{
		ContentType:     string(f.contentType),
		ContentEncoding: string(f.contentEncoding),
		Location:        string(f.location),
		RetryAfter:      string(f.retryAfter),
		SetCookies:      string(f.setCookies),
	}
	if f.retryAfter != nil {
		fields.Date = string(f.date)
	}
	return fields
}
