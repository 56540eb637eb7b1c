package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/matchday/crowd/coding"
	"github.com/matchday/crowd/http1"
	"github.com/matchday/crowd/journey"
)

// bodyMost is the longest answer from which something is captured.
const bodyMost = 1 << 20

var errBodyTooLarge = errors.New("answer is larger than 1 MiB")

// answer is what an attempt has come to.
type answer struct {
	status     int
	head, body []byte
	// failure is journey.Timeout or journey.Connection, with its cause; empty where there is an answer.
	failure, cause string
	// cookies that it sets, one a line, where they are kept.
	cookies string
	// atUs is when its last byte arrived, or when it failed; kernel: the kernel says so.
	atUs   int64
	kernel bool
	bytes  int64
	// conn may carry another request; nil: none may.
	conn *callConn
}

// value is what is captured from the answer.
func (a *answer) value(capture journey.Capture) (journey.Value, bool) {
	switch {
	case capture.Status:
		return journey.TextValue(strconv.Itoa(a.status)), true
	case capture.Header != "":
		text, found := http1.FieldOf(a.head, capture.Header)
		if !found {
			return journey.Value{}, false
		}
		return journey.TextValue(text), true
	default:
		raw, found := capture.Path.Find(a.body)
		if !found {
			return journey.Value{}, false
		}
		return journey.JSONValue(raw)
	}
}

// callBuffer holds an answer of the usual size.
const callBuffer = 4 << 10

// callReader is what an exchange reads with; there are as many as requests are under way.
type callReader struct {
	receiver receiver
	response http1.Response
	buffer   [callBuffer]byte
}

var callReaders = sync.Pool{New: func() any { return new(callReader) }}

// run sends the request and reads the answer. A connection that was kept may have been closed by the server just now: then a
// request that may be repeated is sent again on a new one, as browsers do (RFC 9112, 9.3.1).
func (x *exchange) run() *answer {
	reader := callReaders.Get().(*callReader)
	defer callReaders.Put(reader)
	conn := x.kept
	if conn != nil && conn.stale() {
		conn.Close()
		conn = nil
	}
	for {
		kept := conn != nil
		a := &answer{}
		var err error
		if !kept {
			conn, err = x.dial()
		}
		if err == nil && !x.g.use(conn) {
			err = net.ErrClosed
		}
		if err == nil {
			err = x.ask(conn, reader, a)
		}
		if err == nil {
			if a.conn == nil {
				conn.Close()
			}
			return a
		}
		if conn != nil {
			conn.Close()
			conn = nil
		}
		if kept && x.repeatable && a.bytes == 0 && x.ctx.Err() == nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		a.atUs = nowUs()
		a.failure, a.cause = journey.Connection, causeOf(err)
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(x.ctx.Err(), context.DeadlineExceeded) {
			a.failure, a.cause = journey.Timeout, "timeout"
		}
		return a
	}
}

func (x *exchange) dial() (*callConn, error) {
	if !x.address.IsValid() {
		if err := x.origin.lookUp(x.ctx); err != nil {
			return nil, err
		}
		x.address = x.origin.address(0)
	}
	conn, err := x.engine.dialConn(x.ctx, x.g, x.origin, x.address, 0)
	if err != nil {
		return nil, err
	}
	return newCallConn(conn), nil
}

// ask sends the request on a connection and reads the answer to its end.
func (x *exchange) ask(conn *callConn, reader *callReader, a *answer) error {
	deadline, _ := x.ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := conn.Write(x.request); err != nil {
		return err
	}
	r := &reader.response
	r.Reset()
	r.KeepCookies = x.engine.plan.Cookies
	defer r.Reset()
	defer x.letGo()
	for {
		n, atUs, err := conn.read(reader.buffer[:], &reader.receiver)
		a.bytes += int64(n)
		a.atUs, a.kernel = atUs, conn.stamped && atUs > 0
		if n > 0 {
			if a.atUs == 0 {
				a.atUs = nowUs()
			}
			clean, err := x.take(r, reader.buffer[:n], a)
			if err != nil {
				return err
			}
			if r.HeaderDone() && isStream(r.Fields().ContentType) {
				// It has no end to wait for.
				a.status = r.Status()
				return nil
			}
			if r.Done() {
				a.status = r.Status()
				if clean && r.Reusable() {
					a.conn = conn
				}
				return nil
			}
		}
		if errors.Is(err, io.EOF) && r.HeaderDone() && r.EOF() == nil {
			// It ends with its connection.
			a.status = r.Status()
			a.atUs = nowUs()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func isStream(contentType string) bool { return strings.HasPrefix(contentType, "text/event-stream") }

// take reads a piece of the answer; clean: nothing comes after its end.
func (x *exchange) take(r *http1.Response, b []byte, a *answer) (clean bool, err error) {
	if !r.HeaderDone() {
		n, done, err := r.Header(b)
		if err != nil {
			return false, err
		}
		if x.wantsHead {
			a.head = append(a.head, b[:n]...)
		}
		if !done {
			return true, nil
		}
		b = b[n:]
		a.cookies = r.Fields().SetCookies
		if encoding := r.Fields().ContentEncoding; encoding != "" && x.wantsBody {
			if x.coding, err = coding.New(encoding, make([]byte, decodedPiece)); err != nil {
				return false, err
			}
		}
	}
	keep := func(piece []byte) bool {
		if len(a.body) <= bodyMost {
			a.body = append(a.body, piece...)
		}
		return len(a.body) <= bodyMost
	}
	n, err := r.Body(b, func(piece []byte) {
		switch {
		case x.coding != nil:
			x.coding.Feed(piece, keep)
		case x.wantsBody:
			keep(piece)
		}
	})
	if err == nil && x.coding != nil {
		err = x.coding.Err()
	}
	if err == nil && len(a.body) > bodyMost {
		err = errBodyTooLarge
	}
	return n == len(b), err
}

// letGo ends the decoder of an answer.
func (x *exchange) letGo() {
	if x.coding != nil {
		x.coding.Close()
		x.coding = nil
	}
}
