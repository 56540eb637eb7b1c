package http1

import "math"

const (
	// maxChunkLine caps the size line of a chunk with its extensions.
	maxChunkLine = 4096
	maxDigits    = 16
)

// Body takes bytes of the body, calls emit for each piece of its content, and says how many bytes it took: all of b,
// or less when the response is whole. Pieces lie in b.
func (r *Response) Body(b []byte, emit func([]byte)) (n int, err error) {
	for n < len(b) {
		switch r.state {
		case inLength, inChunkData:
			piece := b[n:]
			if uint64(len(piece)) > r.remaining {
				piece = piece[:r.remaining]
			}
			n += len(piece)
			r.remaining -= uint64(len(piece))
			emit(piece)
			if r.remaining == 0 {
				r.endOfPiece()
			}
		case inUntilClose:
			emit(b[n:])
			return len(b), nil
		case done, failed, inHeader:
			return n, nil
		default:
			if err := r.framing(b[n]); err != nil {
				return n, r.fail(err)
			}
			n++
		}
	}
	return n, nil
}

func (r *Response) endOfPiece() {
	if r.state == inLength {
		r.state = done
	} else {
		r.state = inChunkDataCR
	}
}

// framing takes one byte of what surrounds the chunks (RFC 9112, 7.1).
func (r *Response) framing(c byte) error {
	switch r.state {
	case inChunkSize:
		return r.chunkSize(c)
	case inChunkBlanks, inChunkExtension:
		r.overhead++
		switch {
		case r.overhead > maxChunkLine:
			return ProtocolError("chunk line is longer than 4096 bytes")
		case c == '\r':
			r.state = inChunkSizeLF
		case c == ';':
			r.state = inChunkExtension
		case r.state == inChunkBlanks && c != ' ' && c != '\t':
			return ProtocolError("this is no chunk size: " + quoted([]byte{c}))
		case c == '\n':
			return ProtocolError("chunk line ends in a bare LF")
		}
	case inChunkSizeLF:
		if c != '\n' {
			return ProtocolError("CR within a chunk line")
		}
		r.overhead, r.digits = 0, 0
		r.state = inChunkData
		if r.remaining == 0 {
			r.state, r.lineEmpty = inTrailer, true
		}
	case inChunkDataCR:
		if c != '\r' {
			return ProtocolError("chunk is longer than its size")
		}
		r.state = inChunkDataLF
	case inChunkDataLF:
		if c != '\n' {
			return ProtocolError("chunk is longer than its size")
		}
		r.state = inChunkSize
	case inTrailer, inTrailerLF:
		return r.trailer(c)
	}
	return nil
}

func (r *Response) chunkSize(c byte) error {
	var digit byte
	switch {
	case c >= '0' && c <= '9':
		digit = c - '0'
	case c >= 'a' && c <= 'f':
		digit = c - 'a' + 10
	case c >= 'A' && c <= 'F':
		digit = c - 'A' + 10
	case r.digits > 0 && (c == ' ' || c == '\t'):
		r.state = inChunkBlanks
		return nil
	case r.digits > 0 && c == ';':
		r.state = inChunkExtension
		return nil
	case r.digits > 0 && c == '\r':
		r.state = inChunkSizeLF
		return nil
	default:
		return ProtocolError("this is no chunk size: " + quoted([]byte{c}))
	}
	if r.digits++; r.digits > maxDigits || r.remaining > math.MaxInt64>>4 {
		return ProtocolError("chunk size is too large")
	}
	r.remaining = r.remaining<<4 | uint64(digit)
	return nil
}

// trailer skips trailer fields up to the empty line.
func (r *Response) trailer(c byte) error {
	if r.overhead++; r.overhead > HeaderLimit {
		return ErrHeaderTooLarge
	}
	switch {
	case c == '\n' && r.lineEmpty:
		r.state = done
	case c == '\n':
		r.state, r.lineEmpty = inTrailer, true
	case r.state == inTrailerLF:
		return ProtocolError("CR within a trailer line")
	case c == '\r':
		r.state = inTrailerLF
	default:
		r.lineEmpty = false
	}
	return nil
}
