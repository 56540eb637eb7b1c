package hdr

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Encode gives any histogram as V2, compressed, base64.
func Encode(h *hdrhistogram.Histogram) (string, error) {
	encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return "", fmt.Errorf("hdr: encode: %w", err)
	}
	return string(encoded), nil
}

const (
	// The low nibble of the second byte says how counts are written: 0x10, ZigZag LEB128.
	plainCookie      = 0x1c849303 | 0x10
	compressedCookie = 0x1c849304 | 0x10
	headerSize       = 40
)

// Encoder writes Intervals as Encode writes histograms, in a hundredth of the memory: a generator encodes all its
// measures every second, and that must not be garbage for its clients to wait for. The zero value is ready; it is
// not safe for concurrent use.
type Encoder struct {
	plain      []byte
	compressed bytes.Buffer
	deflate    *zlib.Writer
}

// Encode gives an Interval as V2, compressed, base64.
func (e *Encoder) Encode(iv *Interval) (string, error) {
	e.plain = appendPlain(e.plain[:0], iv)
	e.compressed.Reset()
	e.compressed.Write(make([]byte, 8))
	if e.deflate == nil {
		e.deflate = zlib.NewWriter(&e.compressed)
	} else {
		e.deflate.Reset(&e.compressed)
	}
	if _, err := e.deflate.Write(e.plain); err != nil {
		return "", fmt.Errorf("hdr: compress: %w", err)
	}
	if err := e.deflate.Close(); err != nil {
		return "", fmt.Errorf("hdr: compress: %w", err)
	}
	out := e.compressed.Bytes()
	binary.BigEndian.PutUint32(out, compressedCookie)
	binary.BigEndian.PutUint32(out[4:], uint32(len(out)-8))
	return base64.StdEncoding.EncodeToString(out), nil
}

// appendPlain appends the uncompressed form: a header, then counts, where a negative number stands for that many zeros.
func appendPlain(dst []byte, iv *Interval) []byte {
	dst = binary.BigEndian.AppendUint32(dst, plainCookie)
	dst = binary.BigEndian.AppendUint32(dst, 0) // length of the counts, below
	dst = binary.BigEndian.AppendUint32(dst, 0) // normalizing index offset
	dst = binary.BigEndian.AppendUint32(dst, SignificantFigures)
	dst = binary.BigEndian.AppendUint64(dst, uint64(MinUs))
	dst = binary.BigEndian.AppendUint64(dst, uint64(MaxUs))
	dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(1)) // integer to double ratio
	start := len(dst)
	next := int32(0)
	for _, c := range iv.cells {
		switch zeros := c.index - next; {
		case zeros == 1:
			dst = binary.AppendVarint(dst, 0)
		case zeros > 1:
			dst = binary.AppendVarint(dst, -int64(zeros))
		}
		// Go's varint is the ZigZag LEB128 of the standard for numbers below 2^55.
		dst = binary.AppendVarint(dst, int64(c.count))
		next = c.index + 1
	}
	binary.BigEndian.PutUint32(dst[start-headerSize+4:], uint32(len(dst)-start))
	return dst
}
