package coding

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
)

// opener makes a decoder of what it reads; letGo gives its buffers back.
type opener func(io.Reader) (r io.Reader, letGo func(), err error)

var openers = map[string]opener{"gzip": openGzip, "x-gzip": openGzip, "deflate": openDeflate, "br": openBrotli}

var gzips, zlibs, flates sync.Pool

// bytewise: deflate reads byte by byte, and so takes nothing of what follows its end.
func bytewise(from io.Reader) flate.Reader {
	if r, ok := from.(flate.Reader); ok {
		return r
	}
	return bufio.NewReader(from)
}

func openGzip(from io.Reader) (io.Reader, func(), error) {
	z, _ := gzips.Get().(*gzip.Reader)
	if z == nil {
		z = new(gzip.Reader)
	}
	m := &members{z: z, from: bytewise(from)}
	return m, func() { gzips.Put(z) }, m.open()
}

// members reads the members of a gzip file one after the other. gzip.Reader does so too, but holds the end of one back until
// the next begins.
type members struct {
	z     *gzip.Reader
	from  flate.Reader
	ended bool
}

func (m *members) open() error {
	err := m.z.Reset(m.from)
	m.z.Multistream(false)
	m.ended = false
	return err
}

func (m *members) Read(p []byte) (n int, err error) {
	if m.ended {
		if err := m.open(); err != nil {
			return 0, err
		}
	}
	n, err = m.z.Read(p)
	if err == io.EOF {
		m.ended, err = true, nil
	}
	return n, err
}

// openDeflate: RFC 9110 means zlib's format by that name, and some servers send deflate as it is; browsers take both.
func openDeflate(from io.Reader) (io.Reader, func(), error) {
	r := &replay{from: bytewise(from)}
	// Two bytes tell them apart.
	if _, err := io.ReadFull(r.from, r.head[:]); err != nil {
		return nil, nil, err
	}
	var z io.ReadCloser
	if r.head[0]&0x0f == 8 && (int(r.head[0])<<8|int(r.head[1]))%31 == 0 {
		var err error
		if z, _ = zlibs.Get().(io.ReadCloser); z == nil {
			z, err = zlib.NewReader(r)
		} else {
			err = z.(zlib.Resetter).Reset(r, nil)
		}
		return z, func() { zlibs.Put(z) }, err
	}
	if z, _ = flates.Get().(io.ReadCloser); z == nil {
		z = flate.NewReader(r)
	} else if err := z.(flate.Resetter).Reset(r, nil); err != nil {
		return nil, nil, err
	}
	return z, func() { flates.Put(z) }, nil
}

// replay reads the two bytes again that were looked at, and then what follows them.
type replay struct {
	head [2]byte
	read int
	from flate.Reader
}

func (r *replay) Read(p []byte) (int, error) {
	if r.read < len(r.head) {
		n := copy(p, r.head[r.read:])
		r.read += n
		return n, nil
	}
	return r.from.Read(p)
}

func (r *replay) ReadByte() (byte, error) {
	if r.read < len(r.head) {
		r.read++
		return r.head[r.read-1], nil
	}
	return r.from.ReadByte()
}

// openBrotli makes a new one each time: one that was used keeps a window that may have grown to 16 MiB.
func openBrotli(from io.Reader) (io.Reader, func(), error) { return brotli.NewReader(from), nil, nil }
