package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// outcome is all that a response leads to.
type outcome struct {
	Status     int
	Fields     Fields
	HeaderDone bool
	KeepAlive  bool
	Body       string
	// Used is how many bytes belong to the response.
	Used     int
	Done     bool
	Err, EOF string
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// read feeds pieces to a new Response, and closes.
func read(pieces ...[]byte) outcome {
	var r Response
	return readOn(&r, pieces...)
}

func readOn(r *Response, pieces ...[]byte) (o outcome) {
	var body bytes.Buffer
	var err error
feeding:
	for _, piece := range pieces {
		b := bytes.Clone(piece)
		for rest := b; len(rest) > 0; {
			var n int
			if !r.HeaderDone() {
				n, _, err = r.Header(rest)
			} else if n, err = r.Body(rest, func(p []byte) { body.Write(p) }); n == 0 && err == nil {
				break feeding
			}
			o.Used += n
			rest = rest[n:]
			if err != nil {
				break feeding
			}
		}
		for i := range b {
			b[i] = '#'
		}
	}
	o.Status, o.Fields, o.HeaderDone, o.KeepAlive = r.Status(), *r.Fields(), r.HeaderDone(), r.keepAlive
	o.Body, o.Done, o.Err = body.String(), r.Done(), message(err)
	o.EOF = message(r.EOF())
	return o
}

const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"

var stream = Fields{ContentType: "text/event-stream"}

var early = ErrUnexpectedEOF.Error()

var responses = []struct {
	name, raw string
	want      outcome
}{
	{"with a length", head + "Content-Length: 5\r\n\r\nhello",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "hello", Done: true}},
	{"without a body", head + "content-length: 0\r\n\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Done: true}},
	{"shorter than its length", head + "Content-Length: 5\r\n\r\nhell",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "hell", EOF: early}},
	{"until the connection closes", head + "\r\nhello",
		outcome{Status: 200, Fields: stream, HeaderDone: true, Body: "hello"}},
	{"chunked", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nB\r\n, the crowd\r\n0\r\n\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "hello, the crowd", Done: true}},
	{"chunked, cut within a chunk", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhell",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "hell", EOF: early}},
	{"chunked, without its end", head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "hello", EOF: early}},
	{"chunk extensions, leading zeros, blanks", head + "Transfer-Encoding: Chunked\r\n\r\n0005;a=b;c=\"d;\"\r\nhello\r\n1 \t\r\n!\r\n1 ;x\r\n?\r\n000\r\n\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "hello!?", Done: true}},
	{"trailers", head + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nExpires: never\r\nX: y\r\n\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "a", Done: true}},
	{"chunked and a length: chunked counts", head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "a", Done: true}},
	{"HTTP/1.0 closes", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na",
		outcome{Status: 200, HeaderDone: true, Body: "1\r\na"}},
	{"HTTP/1.0 that is kept alive", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na",
		outcome{Status: 200, HeaderDone: true, KeepAlive: true, Body: "a", Done: true}},
	{"Connection: close", head + "Connection: Upgrade, Close\r\nContent-Length: 1\r\n\r\na",
		outcome{Status: 200, Fields: stream, HeaderDone: true, Body: "a", Done: true}},
	{"204", "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n",
		outcome{Status: 204, HeaderDone: true, KeepAlive: true, Done: true}},
	{"304", "HTTP/1.1 304\r\n\r\n", outcome{Status: 304, HeaderDone: true, KeepAlive: true, Done: true}},
	{"interim answers are skipped", "HTTP/1.1 103 Early Hints\r\nLocation: /no\r\n\r\nHTTP/1.1 100\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
		outcome{Status: 204, HeaderDone: true, KeepAlive: true, Done: true}},
	{"a redirect", "HTTP/1.1 307 Over There\r\nlocation:  \t/there \r\nCONTENT-LENGTH: 0\r\n\r\n",
		outcome{Status: 307, Fields: Fields{Location: "/there"}, HeaderDone: true, KeepAlive: true, Done: true}},
	{"busy", "HTTP/1.1 503 Busy\r\nReTry-AfTer: 2\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nlatr",
		outcome{Status: 503, Fields: Fields{ContentType: "text/plain", RetryAfter: "2"}, HeaderDone: true, KeepAlive: true, Body: "latr", Done: true}},
	{"a folded header", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; \r\n\t charset=utf-8\r\n \r\nContent-Length: 0\r\n\r\n",
		outcome{Status: 200, Fields: Fields{ContentType: "text/event-stream; charset=utf-8"}, HeaderDone: true, KeepAlive: true, Done: true}},
	{"lines that end in LF", "HTTP/1.1 200 OK\nContent-Type: text/event-stream\nContent-Length: 1\n\na",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "a", Done: true}},
	{"more after its end", head + "Content-Length: 1\r\n\r\naHTTP/1.1",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "a", Done: true}},
	{"no answer", "", outcome{EOF: early}},
	{"half a header", head, outcome{EOF: early}},
	{"not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", outcome{Err: "http1: this is no HTTP/1.1 status line: SSH-2.0-OpenSSH", EOF: early}},
	{"HTTP/2", "HTTP/2.0 200 OK\r\n\r\n", outcome{Err: "http1: this is no HTTP/1.1 status line: HTTP/2.0 200 OK", EOF: early}},
	{"no status code", "HTTP/1.1 2000 OK\r\n\r\n", outcome{Err: "http1: this is no status code: 2000 OK", EOF: early}},
	{"no header name", "HTTP/1.1 200 OK\r\nfoo\r\n\r\n", outcome{Err: "http1: this header line has no name: foo", EOF: early}},
	{"a blank in a header name", "HTTP/1.1 200 OK\r\nfoo : 1\r\n\r\n", outcome{Err: "http1: this is no header name: foo ", EOF: early}},
	{"a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", outcome{Err: "http1: this is no Content-Length: -1", EOF: early}},
	{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		outcome{Err: "http1: two Content-Lengths that differ", EOF: early}},
	{"another encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		outcome{Err: "http1: transfer encoding is not chunked", EOF: early}},
	{"no chunk size", head + "Transfer-Encoding: chunked\r\n\r\nxyz",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Err: "http1: this is no chunk size: x", EOF: early}},
	{"a chunk that is longer than its size", head + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Body: "a", Err: "http1: chunk is longer than its size", EOF: early}},
	{"a chunk size without end", head + "Transfer-Encoding: chunked\r\n\r\n12345678123456781\r\n",
		outcome{Status: 200, Fields: stream, HeaderDone: true, KeepAlive: true, Err: "http1: chunk size is too large", EOF: early}},
}

func TestResponses(t *testing.T) {
	for _, response := range responses {
		t.Run(response.name, func(t *testing.T) {
			raw := []byte(response.raw)
			whole := read(raw)
			used := whole.Used
			want := response.want
			want.Used = used
			if whole != want {
				t.Fatalf("whole:\n got %+v\nwant %+v", whole, want)
			}
			for cut := 1; cut < len(raw); cut++ {
				if o := read(raw[:cut], raw[cut:]); o != want {
					t.Fatalf("cut at %d:\n got %+v\nwant %+v", cut, o, want)
				}
			}
			if o := read(bytes.SplitAfter(raw, nil)...); o != want {
				t.Fatalf("byte by byte:\n got %+v\nwant %+v", o, want)
			}
		})
	}
}

func TestWhatFollowsAResponseIsLeft(t *testing.T) {
	var r Response
	one := head + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
	raw := []byte(one + one)
	if o := readOn(&r, raw); o.Used != len(one) || !r.Reusable() {
		t.Fatalf("used %d of %d, reusable %v", o.Used, len(one), r.Reusable())
	}
	r.Reset()
	if o := readOn(&r, raw[len(one):]); o.Used != len(one) || o.Body != "a" || !o.Done {
		t.Fatalf("the second: %+v", o)
	}
}

func TestTheHeaderIsLimited(t *testing.T) {
	prefix := "HTTP/1.1 200 OK\r\nX: "
	fits := []byte(prefix + strings.Repeat("x", HeaderLimit-len(prefix)-4) + "\r\n\r\n")
	over := []byte(prefix + strings.Repeat("x", HeaderLimit-len(prefix)-3) + "\r\n\r\n")
	endless := []byte(prefix + strings.Repeat("x", 2*HeaderLimit))
	for _, cut := range []int{0, 1, 5, 1000, HeaderLimit - 1, HeaderLimit} {
		if o := read(fits[:cut], fits[cut:]); o.Err != "" || o.Status != 200 {
			t.Errorf("64 KiB, cut at %d: %q", cut, o.Err)
		}
		for _, raw := range [][]byte{over, endless} {
			if o := read(raw[:cut], raw[cut:]); o.Err != ErrHeaderTooLarge.Error() {
				t.Errorf("more than 64 KiB, cut at %d: %q", cut, o.Err)
			}
		}
	}
	trailer := head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + strings.Repeat("x", HeaderLimit)
	if o := read([]byte(trailer)); o.Err != ErrHeaderTooLarge.Error() {
		t.Errorf("trailers without end: %q", o.Err)
	}
	extension := head + "Transfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", maxChunkLine+1)
	if o := read([]byte(extension)); o.Err == "" {
		t.Error("a chunk extension without end is taken")
	}
	interims := strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", maxInterims+1)
	if o := read([]byte(interims)); o.Err == "" {
		t.Error("interim answers without end are taken")
	}
}

func TestErrorsCanBeTold(t *testing.T) {
	var r Response
	_, _, err := r.Header([]byte("hello\r\n\r\n"))
	if protocol := ProtocolError(""); !errors.As(err, &protocol) {
		t.Errorf("%v is no ProtocolError", err)
	}
	if n, done, err := r.Header([]byte("more")); n != 0 || done || err != nil {
		t.Errorf("after an error Header takes %d, %v, %v", n, done, err)
	}
}

func TestAResponseIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Response{}); size > 64 {
		t.Errorf("a Response is %d bytes", size)
	}
	var r Response
	if readOn(&r, []byte(head), []byte("\r\n")); r.held != nil || !r.HeaderDone() {
		t.Error("the header's buffer is kept after its end")
	}
}

func TestTheUsualStreamDoesNotAllocate(t *testing.T) {
	raw := []byte(head + "Cache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n")
	chunk := []byte("d2\r\n" + strings.Repeat("x", 0xd2) + "\r\n")
	var r Response
	bytesRead := 0
	sink := func(p []byte) { bytesRead += len(p) }
	allocs := testing.AllocsPerRun(100, func() {
		r.Reset()
		if _, done, err := r.Header(raw); !done || err != nil {
			t.Fatal(done, err)
		}
		if n, err := r.Body(chunk, sink); n != len(chunk) || err != nil {
			t.Fatal(n, err)
		}
	})
	if allocs >= 1 {
		t.Errorf("%g allocations", allocs)
	}
	if bytesRead != 101*0xd2 {
		t.Errorf("%d bytes", bytesRead)
	}
}

func TestRequests(t *testing.T) {
	got := string(AppendRequest(nil, "edge:80", "/api/match/m1/events", []Header{{"User-Agent", "fan"}}, "12"))
	want := "GET /api/match/m1/events HTTP/1.1\r\nHost: edge:80\r\nAccept: text/event-stream\r\n" +
		"Cache-Control: no-cache\r\nUser-Agent: fan\r\nLast-Event-ID: 12\r\n\r\n"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	got = string(AppendRequest([]byte("x"), "h", "/", []Header{{"accept", "*/*"}, {"HOST", "other"}, {"cache-control", "no-store"}}, ""))
	if want = "xGET / HTTP/1.1\r\naccept: */*\r\nHOST: other\r\ncache-control: no-store\r\n\r\n"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}

	evil := AppendRequest(nil, "h", "/a\r\nX: 1", []Header{{"A\n", "b\r\nEvil: 1"}}, "1\r\nEvil: 2\x00")
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(evil)))
	if err == nil && (request.Header.Get("Evil") != "" || request.Header.Get("X") != "") {
		t.Errorf("a value became a header: %q", evil)
	}
	dst := make([]byte, 0, 512)
	headers := []Header{{"User-Agent", "fan"}}
	if allocs := testing.AllocsPerRun(100, func() { AppendRequest(dst, "h", "/", headers, "1") }); allocs > 0 {
		t.Errorf("%g allocations", allocs)
	}
}

// whatNetHTTPReads is what the standard library makes of a response.
func whatNetHTTPReads(raw []byte) (o outcome, ok bool) {
	under := bytes.NewReader(raw)
	br := bufio.NewReaderSize(under, 128<<10)
	for interims := 0; ; interims++ {
		response, err := http.ReadResponse(br, nil)
		if err != nil || interims > maxInterims {
			return o, false
		}
		if response.StatusCode < 200 && response.StatusCode != 101 {
			continue
		}
		var body bytes.Buffer
		_, err = body.ReadFrom(response.Body)
		return outcome{
			Status: response.StatusCode,
			Fields: Fields{
				ContentType:     response.Header.Get("Content-Type"),
				ContentEncoding: strings.Join(response.Header.Values("Content-Encoding"), ","),
				Location:        response.Header.Get("Location"),
				RetryAfter:      response.Header.Get("Retry-After"),
				Date:            dateOf(response.Header),
			},
			KeepAlive: !response.Close,
			Body:      body.String(),
			Used:      len(raw) - under.Len() - br.Buffered(),
			Err:       message(err),
		}, true
	}
}

// dateOf is kept only where a time to come back at may be told against it.
func dateOf(header http.Header) string {
	if _, told := header["Retry-After"]; told {
		return header.Get("Date")
	}
	return ""
}

// oneBlank makes runs of blanks one: where a header was folded, each joins the lines a little differently.
func oneBlank(f Fields) Fields {
	one := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return Fields{ContentType: one(f.ContentType), ContentEncoding: one(f.ContentEncoding), Location: one(f.Location),
		RetryAfter: one(f.RetryAfter), Date: one(f.Date)}
}

func FuzzResponse(f *testing.F) {
	for _, response := range responses {
		f.Add([]byte(response.raw), uint8(1), uint8(7))
	}
	f.Fuzz(func(t *testing.T, raw []byte, a, b uint8) {
		if len(raw) > 32<<10 {
			return
		}
		ours := read(raw)
		var pieces [][]byte
		for rest, turn := raw, 0; len(rest) > 0; turn++ {
			size := min([]int{int(a), int(b)}[turn%2]+1, len(rest))
			pieces = append(pieces, rest[:size])
			rest = rest[size:]
		}
		if cut := read(pieces...); !reflect.DeepEqual(cut, ours) {
			t.Fatalf("in pieces of %d and %d:\n got %+v\nwhole %+v", int(a)+1, int(b)+1, cut, ours)
		}

		theirs, ok := whatNetHTTPReads(raw)
		if !ok || !ours.HeaderDone {
			// Which headers are refused is up to each: this package takes no blanks in names, and HTTP/1 only.
			return
		}
		same := ours.Status == theirs.Status && oneBlank(ours.Fields) == oneBlank(theirs.Fields) && ours.KeepAlive == theirs.KeepAlive
		if !same {
			t.Fatalf("%q\n ours %+v\ntheirs %+v", raw, ours, theirs)
		}
		if theirs.Err != "" {
			// What they gave before the error, we gave as well.
			if !strings.HasPrefix(ours.Body, theirs.Body) && !strings.HasPrefix(theirs.Body, ours.Body) {
				t.Fatalf("%q\n ours %+v\ntheirs %+v", raw, ours, theirs)
			}
			return
		}
		if ours.Err != "" || ours.EOF != "" || ours.Body != theirs.Body || ours.Used != theirs.Used {
			t.Fatalf("%q\n ours %+v\ntheirs %+v", raw, ours, theirs)
		}
	})
}

func BenchmarkHeader(b *testing.B) {
	raw := []byte(head + "Cache-Control: no-store\r\nConnection: keep-alive\r\nDate: Sat, 21 Nov 2026 12:00:00 GMT\r\n" +
		"Transfer-Encoding: chunked\r\n\r\n")
	var r Response
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		if _, done, err := r.Header(raw); !done || err != nil {
			b.Fatal(done, err)
		}
	}
}

func BenchmarkChunk(b *testing.B) {
	chunk := []byte(fmt.Sprintf("%x\r\n%s\r\n", 220, strings.Repeat("x", 220)))
	var r Response
	if _, _, err := r.Header([]byte(head + "Transfer-Encoding: chunked\r\n\r\n")); err != nil {
		b.Fatal(err)
	}
	sink := func([]byte) {}
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Body(chunk, sink); err != nil {
			b.Fatal(err)
		}
	}
}
