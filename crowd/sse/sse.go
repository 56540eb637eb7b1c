// Package sse reads server-sent events as the WHATWG HTML standard says ("9.2.6 Interpreting an event stream"), pushed
// in pieces of any size.
//
// A Parser is made to be held by the hundred thousand: it is 48 bytes, keeps bytes only of what is incomplete, and
// hands a frame that is whole in one Feed to the caller without copying it.
//
// Bytes are passed on as they came: where a browser would show U+FFFD for what is no UTF-8, the caller gets the bytes.
package sse

import (
	"bytes"
	"errors"
	"math"
	"sync"
)

// DefaultLimit is the longest line, and the most data of one event, that a Parser takes: 4 MiB. A browser has no limit; snapshots
// of a megabyte or two are met in the field. Comments have none here either: nothing of them is kept.
const DefaultLimit = 4 << 20

// ErrEventTooLarge is sticky: nothing is parsed after it until Reset.
var ErrEventTooLarge = errors.New("sse: event is larger than the limit")

// Event is one dispatched event. Its slices are valid during the call of emit only.
type Event struct {
	// Type is nil where the stream named none; a browser calls that "message".
	Type []byte
	// Data holds the data lines joined by LF.
	Data []byte
	// ID is the last event id as of this event: its own, or that of an event before it.
	ID []byte
	// OwnID: the event has an id field of its own.
	OwnID bool
}

// Parser holds what is incomplete of one stream. The zero value is ready. It is not safe for concurrent use.
type Parser struct {
	held *work
	// longID holds ids which do not fit into id.
	longID *string
	// Limit caps one line, and the data of one event; 0 means DefaultLimit.
	Limit int32
	retry int32
	// id is the last event id; a decimal uint64 has 20 digits at most.
	id    [22]byte
	idLen uint8
	flags uint8
}

const (
	// afterCR: the line before ended in CR, so that an LF that comes first belongs to it.
	afterCR = 1 << iota
	// begun: the first line is over, and with it the place for a byte order mark.
	begun
	hasRetry
	tooLarge
	// sawID: the stream has named an id, be it the empty one.
	sawID
)

const idIsLong = math.MaxUint8

// Feed parses b, which may end anywhere, and calls emit for each event that it completes, in order. It keeps no
// reference to b. emit must not call methods that change the Parser.
func (p *Parser) Feed(b []byte, emit func(*Event)) {
	if p.flags&tooLarge != 0 || len(b) == 0 {
		return
	}
	if p.flags&afterCR != 0 {
		p.flags &^= afterCR
		if b[0] == '\n' {
			b = b[1:]
			if len(b) == 0 {
				return
			}
		}
	}
	w := p.held
	if w == nil {
		w = works.Get().(*work)
	}
	p.held = nil
	if w.feed(p, b, emit) {
		p.held = w
	} else {
		w.release()
	}
}

// LastEventID is what a reconnect sends as Last-Event-ID; empty when the stream gave none.
func (p *Parser) LastEventID() string { return string(p.lastID()) }

// SawID: the stream has named an id, be it an empty one, which says that there is none to resume from.
func (p *Parser) SawID() bool { return p.flags&sawID != 0 }

// AppendLastEventID appends it to dst.
func (p *Parser) AppendLastEventID(dst []byte) []byte { return append(dst, p.lastID()...) }

// Retry is the reconnection time that the server asked for last, in milliseconds.
func (p *Parser) Retry() (ms int, ok bool) { return int(p.retry), p.flags&hasRetry != 0 }

// Err is ErrEventTooLarge once the limit was passed, else nil.
func (p *Parser) Err() error {
	if p.flags&tooLarge != 0 {
		return ErrEventTooLarge
	}
	return nil
}

// Reset makes ready for a new connection: an unfinished event is dropped, as at the end of a stream; the last event
// id and the retry time stay. The id also stays the id of events that name none, as it does in browsers.
func (p *Parser) Reset() {
	if p.held != nil {
		p.held.release()
		p.held = nil
	}
	p.flags &= hasRetry | sawID
}

func (p *Parser) limit() int {
	if p.Limit > 0 {
		return int(p.Limit)
	}
	return DefaultLimit
}

func (p *Parser) lastID() []byte {
	if p.idLen == idIsLong {
		return []byte(*p.longID)
	}
	return p.id[:p.idLen]
}

func (p *Parser) setID(id []byte) {
	p.flags |= sawID
	if len(id) <= len(p.id) {
		p.idLen = uint8(copy(p.id[:], id))
		p.longID = nil
		return
	}
	if p.idLen != idIsLong || *p.longID != string(id) {
		long := string(id)
		p.longID, p.idLen = &long, idIsLong
	}
}

// setRetry takes digits only; more milliseconds than an int32 holds (24 days) are as good as its maximum.
func (p *Parser) setRetry(value []byte) {
	if len(value) == 0 {
		return
	}
	var ms int64
	for _, c := range value {
		if c < '0' || c > '9' {
			return
		}
		ms = min(ms*10+int64(c-'0'), math.MaxInt32)
	}
	p.retry = int32(ms)
	p.flags |= hasRetry
}

// keptAfterUse is the largest buffer that goes back into the pool.
const keptAfterUse = 16 << 10

var works = sync.Pool{New: func() any { return new(work) }}

// trim empties a buffer for the next user, and lets a large one go.
func trim(b []byte) []byte {
	if cap(b) > keptAfterUse {
		return nil
	}
	return b[:0]
}

var bom = []byte("\xEF\xBB\xBF")

// lineEnd finds the first CR or LF of b from pos on. nextLF is where the next LF is (len(b) when there is none, and
// stale when below pos), so that a stream of lone CRs is not searched for LFs again and again.
func lineEnd(b []byte, pos int, nextLF *int) int {
	if *nextLF < pos {
		*nextLF = len(b)
		if i := bytes.IndexByte(b[pos:], '\n'); i >= 0 {
			*nextLF = pos + i
		}
	}
	if i := bytes.IndexByte(b[pos:*nextLF], '\r'); i >= 0 {
		return pos + i
	}
	return *nextLF
}
