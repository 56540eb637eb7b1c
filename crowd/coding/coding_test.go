package coding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
)

// flusher is what a server compresses with.
type flusher interface {
	io.WriteCloser
	Flush() error
}

func rawDeflate(to io.Writer) flusher {
	w, _ := flate.NewWriter(to, flate.DefaultCompression)
	return w
}

var writers = map[string]func(io.Writer) flusher{
	"gzip":    func(to io.Writer) flusher { return gzip.NewWriter(to) },
	"deflate": func(to io.Writer) flusher { return zlib.NewWriter(to) },
	"raw":     rawDeflate,
	"br":      func(to io.Writer) flusher { return brotli.NewWriter(to) },
}

func nameOf(kind string) string {
	if kind == "raw" {
		return "deflate"
	}
	return kind
}

func decoderOf(t *testing.T, encoding string) *Decoder {
	t.Helper()
	d, err := New(encoding, make([]byte, 512))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestWhatWasFlushedComesOutAtOnce(t *testing.T) {
	for kind, writer := range writers {
		for _, step := range []int{1, 7, 1 << 20} {
			t.Run(fmt.Sprint(kind, " by ", step), func(t *testing.T) {
				var wire, want, got bytes.Buffer
				w := writer(&wire)
				d := decoderOf(t, nameOf(kind))
				for seq := range 20 {
					frame := fmt.Sprintf("id: %d\ndata: %s\n\n", seq, strings.Repeat("x", seq*seq*10))
					want.WriteString(frame)
					_, _ = io.WriteString(w, frame)
					_ = w.Flush()
					for b := wire.Bytes(); len(b) > 0; {
						n := min(step, len(b))
						d.Feed(b[:n], func(piece []byte) bool { got.Write(piece); return true })
						b = b[n:]
					}
					wire.Reset()
					if d.Err() != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
						t.Fatalf("after frame %d: %d bytes of %d, %v", seq, got.Len(), want.Len(), d.Err())
					}
				}
			})
		}
	}
}

func TestCodingsOneUponTheOther(t *testing.T) {
	var inner, outer bytes.Buffer
	w := gzip.NewWriter(&inner)
	_, _ = w.Write([]byte("data: x\n\n"))
	w.Close()
	b := brotli.NewWriter(&outer)
	_, _ = b.Write(inner.Bytes())
	b.Close()
	d := decoderOf(t, "GZip, identity,br")
	var got bytes.Buffer
	d.Feed(outer.Bytes(), func(piece []byte) bool { got.Write(piece); return true })
	if got.String() != "data: x\n\n" || d.Err() != nil {
		t.Errorf("got %q, %v", &got, d.Err())
	}
}

func TestMembersOfGzipFollowOneAnother(t *testing.T) {
	var wire, got bytes.Buffer
	d := decoderOf(t, "x-gzip")
	want := ""
	for _, text := range []string{"one ", "two ", "three"} {
		w := gzip.NewWriter(&wire)
		_, _ = io.WriteString(w, text)
		w.Close()
		d.Feed(wire.Bytes(), func(piece []byte) bool { got.Write(piece); return true })
		wire.Reset()
		if want += text; got.String() != want || d.Err() != nil || d.Ended() {
			t.Errorf("got %q of %q, %v", &got, want, d.Err())
		}
	}
}

func TestNothingToDecode(t *testing.T) {
	for _, encoding := range []string{"", "identity", " , Identity"} {
		if d, err := New(encoding, nil); d != nil || err != nil {
			t.Errorf("%q: %v, %v", encoding, d, err)
		}
	}
}

func TestErrorsNameTheCoding(t *testing.T) {
	for _, one := range []struct{ encoding, want string }{
		{"zstd", `content encoding "zstd" cannot be decoded`},
		{"gzip, aws-chunked", `content encoding "aws-chunked" cannot be decoded`},
		{"gzip,gzip,gzip,gzip", `content encoding "gzip,gzip,gzip,gzip": more than 3 codings cannot be decoded`},
	} {
		if _, err := New(one.encoding, nil); err == nil || err.Error() != one.want {
			t.Errorf("%s: %v", one.encoding, err)
		}
	}
	for _, encoding := range []string{"gzip", "deflate", "br"} {
		d := decoderOf(t, encoding)
		d.Feed([]byte("data: this is no coded stream, but as plain as can be\n\n"), func([]byte) bool { return true })
		if d.Err() == nil || !strings.Contains(d.Err().Error(), "content encoding "+encoding+": ") {
			t.Errorf("%s of plain text: %v", encoding, d.Err())
		}
		before := d.Err()
		d.Feed([]byte("more"), func([]byte) bool { t.Error("there is no more"); return true })
		if d.Err() != before {
			t.Errorf("%s: then %v", encoding, d.Err())
		}
	}
}

func TestDataAfterTheEnd(t *testing.T) {
	for _, kind := range []string{"deflate", "raw", "br"} {
		for _, together := range []bool{true, false} {
			var wire, got bytes.Buffer
			w := writers[kind](&wire)
			_, _ = io.WriteString(w, "data: x\n\n")
			w.Close()
			d := decoderOf(t, nameOf(kind))
			emit := func(piece []byte) bool { got.Write(piece); return true }
			if together {
				wire.WriteString("data: y\n\n")
				d.Feed(wire.Bytes(), emit)
			} else {
				d.Feed(wire.Bytes(), emit)
				if d.Err() != nil {
					t.Errorf("%s: at its end %v", kind, d.Err())
				}
				d.Feed([]byte("data: y\n\n"), emit)
			}
			if got.String() != "data: x\n\n" || d.Err() == nil {
				t.Errorf("%s, together %v: got %q, %v", kind, together, &got, d.Err())
			}
		}
	}
}

// A megabyte of the same byte is a thousand bytes on the wire: who has had enough is asked no more.
func TestABombStopsWhereItIsNotWanted(t *testing.T) {
	for kind, writer := range writers {
		var wire bytes.Buffer
		w := writer(&wire)
		for range 64 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
		w.Close()
		d := decoderOf(t, nameOf(kind))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		taken := 0
		d.Feed(wire.Bytes(), func(piece []byte) bool { taken += len(piece); return taken < 100_000 })
		runtime.ReadMemStats(&after)
		if taken > 101_000 || after.TotalAlloc-before.TotalAlloc > 20<<20 {
			t.Errorf("%s: %d bytes taken, %d allocated", kind, taken, after.TotalAlloc-before.TotalAlloc)
		}
	}
}

func TestCloseLetsTheCoroutineGo(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 100 {
		for _, encoding := range []string{"gzip", "deflate", "br", "br, gzip"} {
			unfed, _ := New(encoding, make([]byte, 8))
			unfed.Close()
			fed, _ := New(encoding, make([]byte, 8))
			fed.Feed([]byte{0x1f}, func([]byte) bool { return true })
			fed.Close()
			fed.Close()
		}
	}
	if after := runtime.NumGoroutine(); after > before+1 {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

func TestWhatIsWithheldIsTold(t *testing.T) {
	var wire bytes.Buffer
	w := gzip.NewWriter(&wire)
	_, _ = io.WriteString(w, "data: x\n\n")
	d := decoderOf(t, "gzip")
	ignore := func([]byte) bool { return true }
	if d.Withheld() != nil {
		t.Error("nothing has come yet")
	}
	w.Flush()
	flushed := bytes.Clone(wire.Bytes())
	d.Feed(flushed[:len(flushed)-5], ignore)
	if err := d.Withheld(); err == nil || !strings.HasPrefix(err.Error(), "content encoding gzip: nothing that came was flushed") {
		t.Errorf("told is %v", err)
	}
	d.Feed(flushed[len(flushed)-5:], ignore)
	if err := d.Withheld(); err != nil {
		t.Errorf("after the flush: %v", err)
	}
}
