package engine

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	crowd "github.com/matchday/crowd"
)

func coded(encoding string) string {
	return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: " + encoding + "\r\n\r\n"
}

// flusher is what a server compresses with.
type flusher interface {
	io.Writer
	Flush() error
}

func TestCodedStreamsAreDecodedFrameByFrame(t *testing.T) {
	for encoding, writer := range map[string]func(io.Writer) flusher{
		"gzip": func(w io.Writer) flusher { return gzip.NewWriter(w) },
		"br":   func(w io.Writer) flusher { return brotli.NewWriter(w) },
	} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) {
				v.say(coded(encoding))
				w := writer(v)
				_, _ = io.WriteString(w, snapshotFrame(0))
				_ = w.Flush()
				for seq := 1; seq <= 5; seq++ {
					_, _ = io.WriteString(w, goal(seq))
					_ = w.Flush()
				}
				// The stream does not end: an event that waited for what follows would never be seen.
				v.stay()
			})
			final := play(t, configFor(3, 400, server.url))
			equal(t, "events", final.Counters.Events, 15)
			equal(t, "on time", final.Counters.OnTime, 15)
			equal(t, "disconnects", final.Counters.Disconnects, 0)
		})
	}
}

func TestCodingsThatCannotBeDecodedAreNamed(t *testing.T) {
	for _, one := range []struct{ answer, cause string }{
		{coded("zstd") + "x", `response: content encoding "zstd" cannot be decoded`},
		{coded("gzip") + "data: this is not gzip at all\n\n", "stream: content encoding gzip: gzip: invalid header"},
		{coded("gzip") + "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x4a", "stream: content encoding gzip: nothing that came was flushed, so that it could be decoded"},
		{coded("br") + "data: this is not brotli at all, but plain\n\n", ""},
	} {
		server := serve(t, func(v *visit) {
			v.say(one.answer)
			v.stay()
		})
		final := play(t, configFor(1, 250, server.url))
		if one.cause != "" && final.Errors[one.cause] == 0 {
			t.Errorf("%q is not among %v", one.cause, final.Errors)
		}
		if all := fmt.Sprint(final.Errors); !strings.Contains(all, "content encoding") {
			t.Errorf("causes are %s", all)
		}
	}
}

func TestAnEventAboveTheLimitEndsItsClient(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = io.WriteString(w, "data: ")
	for range 64 {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
	}
	w.Close()
	for _, one := range []struct{ name, answer string }{
		{"one event", header + "id: 1\ndata: " + strings.Repeat("x", 1<<16) + "\n\n"},
		{"a line without end", header + strings.Repeat("x", 1<<17)},
		{"many lines", header + strings.Repeat("data: 0123456789\n", 1<<13) + "\n"},
		{"a bomb", coded("gzip") + bomb.String()},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) {
				v.say(one.answer)
				v.stay()
			})
			config := configFor(1, 400, server.url)
			config.EventLimitBytes = 1 << 16
			final := play(t, config)
			equal(t, "cause", final.Errors["stream: event above the limit of 64 KiB (EVENT_LIMIT, eventLimitBytes)"], 1)
			equal(t, "requests", server.count(), 1)
			equal(t, "disconnects", final.Counters.Disconnects, 1)
			equal(t, "resumes", final.Counters.Resumes, 0)
			equal(t, "open at the end", final.Counters.Open, 0)
		})
	}
	server := serve(t, func(v *visit) {
		v.say(header + ": " + strings.Repeat("x", 1<<17) + "\n" + snapshotFrame(0) + goal(1))
		v.stay()
	})
	config := configFor(1, 300, server.url)
	config.EventLimitBytes = 1 << 16
	equal(t, "events after a long comment", play(t, config).Counters.Events, 1)
}

func TestAHeaderWithoutEndIsNoResume(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 1<<17))
		v.stay()
	})
	final := play(t, configFor(1, 250, server.url))
	equal(t, "resumes", final.Counters.Resumes, 0)
	if final.Errors["response: http1: response header is larger than 64 KiB"] == 0 {
		t.Errorf("causes are %v", final.Errors)
	}
}

func TestAttemptsThatStillWaitAtTheLeaveAreTold(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	half := serve(t, func(v *visit) {
		v.say("HTTP/1.1 200 OK\r\nContent-")
		v.stay()
	})
	moved := serve(t, func(v *visit) { v.say(movedTo(307, "http://"+silent.Addr().String()+"/x")) })
	for _, one := range []struct{ name, base, cause string }{
		{"no answer", "http://" + silent.Addr().String(), "response: no answer"},
		{"half a header", half.url, "response: no whole header"},
		{"no answer after a redirect", moved.url, "response: no answer"},
		{"no handshake", "https://" + silent.Addr().String(), "connect: no end of the TLS handshake"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			for leaveMs, within := range map[float64]string{300: "", 1300: " within 1 s"} {
				config := configFor(20, leaveMs, one.base)
				config.ConnectTimeoutMs = 5000
				final := play(t, config)
				equal(t, "connected", final.Connected, 0)
				equal(t, one.cause, final.Errors[one.cause+within+": still waiting when the run ended"], 20)
				equal(t, "connect errors", final.Counters.ConnectErrors, 20)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	at := func(seconds int) string { return now.Add(time.Duration(seconds) * time.Second).Format(http.TimeFormat) }
	for _, one := range []struct {
		value, date string
		want        time.Duration
		ok          bool
	}{
		{"4", "", 4 * time.Second, true},
		{"0", "", 0, true},
		{"99999999999999999999", "", maxRetryAfter, true},
		{at(4), "", 4 * time.Second, true},
		{at(-4), "", 0, true},
		// The server's clock is a minute ahead of ours.
		{at(64), at(60), 4 * time.Second, true},
		{at(4), "yesterday", 4 * time.Second, true},
		{"-4", "", 0, false},
		{"4.5", "", 0, false},
		{"soon", "", 0, false},
	} {
		if got, ok := retryAfter(one.value, one.date, now); got != one.want || ok != one.ok {
			t.Errorf("%q at %q: %v, %v", one.value, one.date, got, ok)
		}
	}
}

func TestRetryAfterIsKeptTo(t *testing.T) {
	for _, status := range []string{"503 Busy", "429 Slow down"} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			var first, second time.Time
			server := serve(t, func(v *visit) {
				if v.n == 0 {
					first = time.Now()
					v.say("HTTP/1.1 " + status + "\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
					return
				}
				second = time.Now()
				v.say(header)
				v.stay()
			})
			config := configFor(1, 1400, server.url)
			config.Reconnect = crowd.Reconnect{MinMs: 20, MaxMs: 120}
			final := play(t, config)
			equal(t, "cause", final.Errors["response: status "+status[:3]+", Retry-After up to 1 s"], 1)
			within(t, "time away", second.Sub(first).Microseconds(), 1000, 1150)
		})
	}
}
