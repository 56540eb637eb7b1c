package sse

import "bytes"

// work is what a Parser needs while it parses, and keeps for as long as an event is incomplete. typ, data and id are
// the event so far: they point into what is being fed, or into the buffers below them once they have to outlive it.
type work struct {
	event Event

	typ, data, id []byte
	// dataLines tells no data from empty data.
	dataLines int
	hasID     bool

	line    []byte
	typBuf  []byte
	dataBuf []byte
	idBuf   []byte
}

// release gives w back to the pool, without what it holds.
func (w *work) release() {
	w.clearEvent()
	w.event = Event{}
	w.line, w.typBuf, w.dataBuf, w.idBuf = trim(w.line), trim(w.typBuf), trim(w.dataBuf), trim(w.idBuf)
	works.Put(w)
}

func (w *work) clearEvent() {
	w.typ, w.data, w.id = nil, nil, nil
	w.dataLines, w.hasID = 0, false
}

// feed parses b and says whether something incomplete has to be kept.
func (w *work) feed(p *Parser, b []byte, emit func(*Event)) (keep bool) {
	limit := p.limit()
	nextLF := -1
	for pos := 0; pos < len(b); {
		end := lineEnd(b, pos, &nextLF)
		line := b[pos:end]
		if end == len(b) {
			if w.inComment(line) {
				w.line = append(w.line[:0], ':')
				break
			}
			w.line = append(w.line, line...)
			if len(w.line) > limit {
				p.flags |= tooLarge
				return false
			}
			break
		}
		if len(w.line) > 0 {
			w.line = append(w.line, line...)
			line = w.line
		}
		if len(line) > limit && line[0] != ':' || !w.takeLine(p, line, emit) {
			p.flags |= tooLarge
			return false
		}
		if len(w.line) > 0 {
			// What the event kept of this line lies in a buffer that the next incomplete line will use.
			w.own()
			w.line = trim(w.line)
		}
		pos = end + 1
		if b[end] == '\r' {
			if pos == len(b) {
				p.flags |= afterCR
			} else if b[pos] == '\n' {
				pos++
			}
		}
	}
	w.own()
	return len(w.line) > 0 || w.typ != nil || w.dataLines > 0 || w.hasID
}

// inComment: what is incomplete, together with line, is a comment, of which nothing needs to be kept.
func (w *work) inComment(line []byte) bool {
	if len(w.line) > 0 {
		return w.line[0] == ':'
	}
	return len(line) > 0 && line[0] == ':'
}

// own moves the event so far into buffers of its own.
func (w *work) own() {
	w.typ = owned(w.typ, &w.typBuf)
	w.data = owned(w.data, &w.dataBuf)
	w.id = owned(w.id, &w.idBuf)
}

func owned(field []byte, buf *[]byte) []byte {
	switch {
	case field == nil:
		return nil
	case len(field) == 0:
		return []byte{}
	case isIn(field, *buf):
		return field
	}
	*buf = append((*buf)[:0], field...)
	return *buf
}

// isIn: whether field, not empty, begins where buf does.
func isIn(field, buf []byte) bool {
	return cap(buf) > 0 && &field[0] == &buf[:1][0]
}

// takeLine acts on one whole line; false when the event has grown too large.
func (w *work) takeLine(p *Parser, line []byte, emit func(*Event)) bool {
	if p.flags&begun == 0 {
		p.flags |= begun
		line = bytes.TrimPrefix(line, bom)
	}
	if len(line) == 0 {
		w.dispatch(p, emit)
		return true
	}
	name, value := line, []byte{}
	if colon := bytes.IndexByte(line, ':'); colon >= 0 {
		name, value = line[:colon], line[colon+1:]
		if len(value) > 0 && value[0] == ' ' {
			value = value[1:]
		}
	}
	switch string(name) {
	case "data":
		return w.addData(value, p.limit())
	case "event":
		w.typ = value
		if len(value) == 0 {
			w.typ = nil
		}
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			w.id, w.hasID = value, true
		}
	case "retry":
		p.setRetry(value)
	}
	return true
}

// addData appends one data line. The first stays where it is; a second one makes both move into the buffer.
func (w *work) addData(value []byte, limit int) bool {
	w.dataLines++
	if w.dataLines == 1 {
		w.data = value
		return true
	}
	if len(w.data)+1+len(value) > limit {
		return false
	}
	if len(w.data) == 0 {
		w.dataBuf = w.dataBuf[:0]
	} else {
		w.data = owned(w.data, &w.dataBuf)
	}
	w.dataBuf = append(append(w.dataBuf, '\n'), value...)
	w.data = w.dataBuf
	return true
}

// dispatch ends the event. An id counts although there is no data, and then nothing is emitted.
func (w *work) dispatch(p *Parser, emit func(*Event)) {
	if w.hasID {
		p.setID(w.id)
	}
	if w.dataLines > 0 {
		w.event = Event{Type: w.typ, Data: w.data, ID: p.lastID(), OwnID: w.hasID}
		emit(&w.event)
	}
	w.clearEvent()
}
