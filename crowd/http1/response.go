// Package http1 reads HTTP/1.1 responses as a client, pushed in pieces of any size: the header first, then the body,
// freed of its framing and never copied. A Response is 40 bytes, and keeps a buffer only while a header is incomplete.
//
//	n, done, err := r.Header(b) // until done; then look at r.Status and r.Fields
//	n, err := r.Body(b, sink)   // until r.Done()
//	err := r.EOF()              // when the peer closed: was it clean?
package http1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
)

// HeaderLimit caps one response header, status line included, and the trailers of a chunked body.
const HeaderLimit = 64 << 10

var (
	ErrHeaderTooLarge = errors.New("http1: response header is larger than 64 KiB")
	// ErrUnexpectedEOF: the peer closed before the response was whole.
	ErrUnexpectedEOF = fmt.Errorf("http1: response ended early: %w", io.ErrUnexpectedEOF)
)

// ProtocolError says what is wrong with a response.
type ProtocolError string

func (e ProtocolError) Error() string { return "http1: " + string(e) }

// Fields are the header fields that a stream's client acts on; empty where the response had none.
type Fields struct {
	ContentType, ContentEncoding, Location string
	// RetryAfter comes with the Date of the server's clock, which a time in it is of.
	RetryAfter, Date string
	// SetCookies are the values of Set-Cookie, one a line, where the Response was told to keep them.
	SetCookies string
}

type state uint8

const (
	inHeader state = iota
	inLength
	inUntilClose
	inChunkSize
	inChunkBlanks
	inChunkExtension
	inChunkSizeLF
	inChunkData
	inChunkDataCR
	inChunkDataLF
	inTrailer
	inTrailerLF
	done
	failed
)

// Response is the reader of one response; the zero value is ready. It is not safe for concurrent use.
type Response struct {
	held   *[]byte
	fields *Fields
	// remaining counts the bytes of the body, or of the chunk, that have yet to come.
	remaining uint64
	// overhead counts bytes of the chunk line or of the trailers.
	overhead uint32
	status   uint16
	digits   uint8
	interims uint8
	state    state
	// lineEmpty: no byte of this trailer line has come.
	lineEmpty bool
	keepAlive bool
	// KeepCookies says that Fields are to have cookies; it stays after Reset.
	KeepCookies bool
}

// Reset makes ready for the next response.
func (r *Response) Reset() {
	r.letGo()
	*r = Response{KeepCookies: r.KeepCookies}
}

// Status is the status code, once Header was done.
func (r *Response) Status() int { return int(r.status) }

// Fields stays valid after Reset.
func (r *Response) Fields() *Fields {
	if r.fields == nil {
		return &noFields
	}
	return r.fields
}

// Begun: some of the header has come, but not all.
func (r *Response) Begun() bool { return r.state == inHeader && (r.held != nil || r.interims > 0) }

// HeaderDone: the header has come, and the body, if there is one, comes next.
func (r *Response) HeaderDone() bool { return r.state != inHeader && r.status != 0 }

// Done: the response is whole.
func (r *Response) Done() bool { return r.state == done }

// Reusable: the response is whole, and the connection may carry another request.
func (r *Response) Reusable() bool { return r.state == done && r.keepAlive }

// EOF says what it means that the peer closes now: nil when the response is whole, or ends with the connection.
func (r *Response) EOF() error {
	switch r.state {
	case done:
		return nil
	case inUntilClose:
		r.state = done
		return nil
	default:
		r.state = failed
		return ErrUnexpectedEOF
	}
}

var heads = sync.Pool{New: func() any { return new([]byte) }}

func (r *Response) letGo() {
	if r.held == nil {
		return
	}
	if cap(*r.held) <= 16<<10 {
		*r.held = (*r.held)[:0]
		heads.Put(r.held)
	}
	r.held = nil
}

// Header takes bytes of the header and says how many; with done, all after them belong to the body. Interim responses
// (1xx) are skipped.
func (r *Response) Header(b []byte) (n int, done bool, err error) {
	if r.state != inHeader {
		return 0, r.state != failed, nil
	}
	for n < len(b) {
		head, used := r.wholeHeader(b[n:])
		n += used
		if head == nil {
			if r.held != nil && len(*r.held) > HeaderLimit {
				return n, false, r.fail(ErrHeaderTooLarge)
			}
			continue
		}
		if len(head) > HeaderLimit {
			return n, false, r.fail(ErrHeaderTooLarge)
		}
		interim, err := r.parse(head)
		r.letGo()
		if err != nil {
			return n, false, r.fail(err)
		}
		if !interim {
			return n, true, nil
		}
	}
	return n, false, nil
}

// wholeHeader returns a header through its empty line, or keeps what came of it and returns nil.
func (r *Response) wholeHeader(b []byte) (head []byte, used int) {
	if r.held == nil {
		if end := headerEnd(b, 0); end > 0 {
			return b[:end], end
		}
		r.held = heads.Get().(*[]byte)
	}
	before := len(*r.held)
	// One byte beyond the limit is enough to know that it is passed.
	take := min(len(b), HeaderLimit+1-before)
	*r.held = append(*r.held, b[:take]...)
	if end := headerEnd(*r.held, max(0, before-2)); end > 0 {
		return (*r.held)[:end], end - before
	}
	return nil, take
}

// headerEnd finds the end of the first empty line, searching from pos; 0 when there is none. CRLF and LF both end a line.
func headerEnd(b []byte, pos int) int {
	for {
		lf := bytes.IndexByte(b[pos:], '\n')
		if lf < 0 {
			return 0
		}
		pos += lf + 1
		switch rest := b[pos:]; {
		case len(rest) > 0 && rest[0] == '\n':
			return pos + 1
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			return pos + 2
		}
	}
}

func (r *Response) fail(err error) error {
	r.letGo()
	r.state = failed
	return err
}
