// Package coding takes the content codings of an answer off (RFC 9110, 8.4.1), pushed in pieces of any size: what was
// flushed comes out at once.
//
// Go's decoders pull; each runs in a coroutine that stands still where it needs more input. A Decoder costs some 50 KB: the
// window of 32 KiB that deflate looks back into, or as much as a brotli stream has used of its own.
package coding

import (
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// mostCodings one upon the other; a list without end would be a decoder without end.
const mostCodings = 3

// Decoder decodes one body. It is not safe for concurrent use, and must be closed.
type Decoder struct {
	name  string
	input []byte
	next  func() (piece []byte, more bool)
	stop  func()
	ended bool
	// fed: some of the body has come; gave: something of it was decoded.
	fed, gave bool
	err       error
}

// New makes a Decoder for the value of Content-Encoding; nil where there is nothing to decode. Decoded pieces lie in buffer,
// which decoders that are fed in turn may share. What it cannot decode is an error that names it.
func New(contentEncoding string, buffer []byte) (*Decoder, error) {
	var names []string
	for name := range strings.SplitSeq(contentEncoding, ",") {
		name = strings.ToLower(strings.Trim(name, " \t"))
		if name == "" || name == "identity" {
			continue
		}
		if openers[name] == nil {
			return nil, fmt.Errorf("content encoding %.40q cannot be decoded", name)
		}
		names = append(names, name)
	}
	if len(names) > mostCodings {
		return nil, fmt.Errorf("content encoding %.40q: more than %d codings cannot be decoded", contentEncoding, mostCodings)
	}
	if len(names) == 0 {
		return nil, nil
	}
	d := &Decoder{name: strings.Join(names, ", ")}
	// What was applied last comes off first.
	slices.Reverse(names)
	d.next, d.stop = iter.Pull(func(yield func([]byte) bool) { d.err = d.run(names, buffer, yield) })
	return d, nil
}

// Feed decodes b, which may end anywhere, and calls emit for each piece that it completes, until emit says that it wants no
// more. Pieces are valid during the call of emit only.
func (d *Decoder) Feed(b []byte, emit func(piece []byte) bool) {
	if d.err != nil {
		return
	}
	if d.ended {
		d.err = d.wrong("there is data after its end")
		return
	}
	d.input, d.fed = b, true
	for {
		piece, more := d.next()
		if !more {
			d.ended = true
			if d.err == nil && len(d.input) > 0 {
				d.err = d.wrong("there is data after its end")
			}
			break
		}
		if piece == nil {
			break
		}
		d.gave = true
		if !emit(piece) {
			break
		}
	}
	d.input = nil
}

// Err says what is wrong with the body, and names its coding.
func (d *Decoder) Err() error { return d.err }

// Ended: the coding says that nothing more comes. gzip never does: another member may follow.
func (d *Decoder) Ended() bool { return d.ended }

// Withheld says that all that came is still within the coding; nil where it is not. So it is where a server does not flush, or
// only partially (zlib's Z_PARTIAL_FLUSH, which Go's decoders do not act on).
func (d *Decoder) Withheld() error {
	if !d.fed || d.gave || d.err != nil {
		return nil
	}
	return d.wrong("nothing that came was flushed, so that it could be decoded")
}

// Close lets the coroutine and its buffers go; safe twice.
func (d *Decoder) Close() { d.stop() }

func (d *Decoder) wrong(what string) error {
	return fmt.Errorf("content encoding %s: %s", d.name, what)
}

// run yields decoded pieces, and nil where it needs input.
func (d *Decoder) run(names []string, buffer []byte, yield func([]byte) bool) error {
	from := &source{decoder: d, yield: yield}
	var r io.Reader = from
	for _, name := range names {
		opened, letGo, err := openers[name](r)
		if letGo != nil {
			defer letGo()
		}
		if err != nil {
			return d.reasonOf(err)
		}
		r = opened
	}
	for {
		n, err := r.Read(buffer)
		if n > 0 && !from.stopped {
			from.stopped = !yield(buffer[:n])
		}
		if err != nil || from.stopped {
			return d.reasonOf(err)
		}
	}
}

// reasonOf leaves offsets out, so that causes can be counted.
func (d *Decoder) reasonOf(err error) error {
	if err == nil || errors.Is(err, errStopped) || errors.Is(err, io.EOF) {
		return nil
	}
	if _, corrupt := errors.AsType[flate.CorruptInputError](err); corrupt {
		return d.wrong("its data is corrupt")
	}
	return d.wrong(err.Error())
}

var errStopped = errors.New("coding: closed")

// source is where the outermost decoder reads: it stands still until there is input.
type source struct {
	decoder *Decoder
	yield   func([]byte) bool
	stopped bool
}

func (s *source) await() bool {
	for len(s.decoder.input) == 0 && !s.stopped {
		s.stopped = !s.yield(nil)
	}
	return !s.stopped
}

func (s *source) Read(p []byte) (int, error) {
	if !s.await() {
		return 0, errStopped
	}
	n := copy(p, s.decoder.input)
	s.decoder.input = s.decoder.input[n:]
	return n, nil
}

// ReadByte lets deflate read without a buffer of its own.
func (s *source) ReadByte() (byte, error) {
	if !s.await() {
		return 0, errStopped
	}
	c := s.decoder.input[0]
	s.decoder.input = s.decoder.input[1:]
	return c, nil
}
