package http1

import (
	"strings"
	"testing"
)

func TestRefusal(t *testing.T) {
	for _, one := range []struct{ name, value, want string }{
		{"X-Api-Key", "k1", ""},
		{"accept", "*/*", ""},
		{"Cookie", "a=b; c=\tüd", ""},
		{"Host", "live.example.com:8443", ""},
		{"Host", "[::1]:80", ""},
		{"Connection", "Keep-Alive, close", ""},
		{"Accept-Encoding", "gzip", ""},
		{"", "x", "is no name of a header"},
		{"A B", "x", "is no name of a header"},
		{"A\r\nB", "x", "is no name of a header"},
		{"X-Ü", "x", "is no name of a header"},
		{"X", "a\r\nEvil: 1", "has a control character"},
		{"X", "a\x00", "has a control character"},
		{"Host", "a/b", "is no host"},
		{"Host", "", "is no host"},
		{"Host", "a b", "is no host"},
		{"content-length", "5", "would change how a request is framed"},
		{"Transfer-Encoding", "chunked", "would change how a request is framed"},
		{"Connection", "Upgrade", "would change how a request is framed"},
		{"Upgrade", "h2c", "would change how a request is framed"},
		{"Expect", "100-continue", "would change how a request is framed"},
	} {
		got := Refusal(one.name, one.value)
		if one.want == "" && got != "" || !strings.HasPrefix(got, one.want) {
			t.Errorf("%q: %q is %q; %q is right", one.name, one.value, got, one.want)
		}
	}
}

func TestFieldsOfAnAnswerThatIsNoUsualStream(t *testing.T) {
	raw := "HTTP/1.1 503 Busy\r\nContent-Encoding: br\r\ncontent-encoding: gzip\r\nSet-Cookie: a=1; Path=/\r\nRetry-After: 4\r\n" +
		"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nset-cookie: b=2\r\n\r\n"
	want := Fields{ContentEncoding: "br,gzip", RetryAfter: "4", Date: "Sun, 06 Nov 1994 08:49:37 GMT"}
	var r Response
	if o := readOn(&r, []byte(raw)); o.Fields != want {
		t.Errorf("got %+v", o.Fields)
	}
	r.Reset()
	r.KeepCookies = true
	r.Reset()
	want.SetCookies = "a=1; Path=/\nb=2\n"
	if o := readOn(&r, []byte(raw)); o.Fields != want {
		t.Errorf("with cookies: %+v", o.Fields)
	}
	r.Reset()
	if o := readOn(&r, []byte("HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/event-stream\r\n\r\n")); o.Fields != stream {
		t.Errorf("the usual answer: %+v", o.Fields)
	}
}

func TestBegunUntilTheHeaderIsWhole(t *testing.T) {
	var r Response
	for i, piece := range []string{"HTTP/1.1 200 OK\r\n", "A: b\r\n", "\r\n"} {
		if r.Begun() != (i > 0) {
			t.Errorf("before piece %d: %v", i, r.Begun())
		}
		if _, _, err := r.Header([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	if r.Begun() {
		t.Error("a whole header has only begun")
	}
}
