package http1

import (
	"strconv"
	"strings"
)

// Header is one header field of a request.
type Header struct{ Name, Value string }

// AppendRequest appends the GET of an event stream to dst. headers come after the defaults `Accept: text/event-stream`
// and `Cache-Control: no-cache`, and replace those and Host where they have the same name. An empty lastEventID sends none.
//
// Bytes that could end a header field early (CR, LF, NUL) are left out of every value.
func AppendRequest(dst []byte, host, path string, headers []Header, lastEventID string) []byte {
	dst = append(dst, "GET "...)
	dst = appendSafe(dst, path)
	dst = append(dst, " HTTP/1.1\r\n"...)
	if !has(headers, "Host") {
		dst = appendHeader(dst, "Host", host)
	}
	if !has(headers, "Accept") {
		dst = append(dst, "Accept: text/event-stream\r\n"...)
	}
	if !has(headers, "Cache-Control") {
		dst = append(dst, "Cache-Control: no-cache\r\n"...)
	}
	for i := range headers {
		dst = appendHeader(dst, headers[i].Name, headers[i].Value)
	}
	if lastEventID != "" {
		dst = appendHeader(dst, "Last-Event-ID", lastEventID)
	}
	return append(dst, "\r\n"...)
}

// AppendCall appends a request with any method; a body, which nil has none of, is JSON unless a header says otherwise.
// headers replace the defaults of the same name.
func AppendCall(dst []byte, method, host string, path []byte, headers []Header, body []byte) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	dst = appendSafe(dst, string(path))
	dst = append(dst, " HTTP/1.1\r\n"...)
	if !has(headers, "Host") {
		dst = appendHeader(dst, "Host", host)
	}
	if !has(headers, "Accept") {
		dst = append(dst, "Accept: application/json\r\n"...)
	}
	if body != nil && !has(headers, "Content-Type") {
		dst = append(dst, "Content-Type: application/json\r\n"...)
	}
	for i := range headers {
		dst = appendHeader(dst, headers[i].Name, headers[i].Value)
	}
	// A body's length is told also where there is none, but for methods that have none by their meaning.
	if body != nil || method == "POST" || method == "PUT" {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, body...)
}

func has(headers []Header, name string) bool {
	for i := range headers {
		if strings.EqualFold(headers[i].Name, name) {
			return true
		}
	}
	return false
}

func appendHeader(dst []byte, name, value string) []byte {
	dst = appendSafe(dst, name)
	dst = append(dst, ": "...)
	dst = appendSafe(dst, value)
	return append(dst, "\r\n"...)
}

func appendSafe(dst []byte, s string) []byte {
	if strings.IndexByte(s, '\r') < 0 && strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, 0) < 0 {
		return append(dst, s...)
	}
	for i := range len(s) {
		if c := s[i]; c != '\r' && c != '\n' && c != 0 {
			dst = append(dst, c)
		}
	}
	return dst
}
