package engine

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
)

// traced is a configuration that traces a share of its requests, and all within the windows, into files.
func traced(t *testing.T, config *crowd.Config, share float64, windows ...crowd.Window) *crowd.Config {
	withFiles(t, config)
	config.Files.Spans = filepath.Join(filepath.Dir(config.Files.Hlog), "spans-0.jsonl")
	config.Trace = &crowd.TracePlan{Share: share, Windows: windows}
	return config
}

func readSpans(t *testing.T, config *crowd.Config) (spans []crowd.Span) {
	t.Helper()
	for _, line := range readLines(t, config.Files.Spans) {
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		var span crowd.Span
		if err := decoder.Decode(&span); err != nil {
			t.Fatal(err)
		}
		spans = append(spans, span)
	}
	return spans
}

func (s *rawServer) traceparents() (sent []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, request := range s.requests {
		sent = append(sent, request.Header.Values(traceparent)...)
	}
	return sent
}

var sampled = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-01$`)

// same: what a server saw is what was written, each once.
func same(t *testing.T, seen []string, spans []crowd.Span) {
	t.Helper()
	var written []string
	for _, span := range spans {
		written = append(written, traceparentOf(&span))
	}
	slices.Sort(seen)
	slices.Sort(written)
	if !slices.Equal(seen, written) {
		t.Errorf("the server saw %d traced requests, %d spans were written, and they differ", len(seen), len(written))
	}
	if len(slices.Compact(written)) != len(spans) {
		t.Error("an identifier was given twice")
	}
	for _, header := range seen {
		if !sampled.MatchString(header) {
			t.Errorf("traceparent is %q", header)
		}
	}
}

func named(spans []crowd.Span, name string) (of []crowd.Span) {
	for _, span := range spans {
		if span.Name == name {
			of = append(of, span)
		}
	}
	return of
}

func TestSpansAreTheRequestsThatTheServerSaw(t *testing.T) {
	c := conduct(t)
	c.skewUs = 60_000_000
	var mu sync.Mutex
	ends := map[string]bool{}
	frames := []string{goal(1) + goal(2), goal(3)}
	server := serve(t, func(v *visit) {
		v.say(header)
		if v.request.Header.Get("Last-Event-ID") == "2" {
			// Accepted, and caught up a while later.
			time.Sleep(40 * time.Millisecond)
			v.say(frames[1])
			v.stay()
			return
		}
		v.say(snapshotFrame(0) + frames[0])
		client := v.request.URL.Query().Get("client")
		mu.Lock()
		first := !ends[client] && client != "0"
		ends[client] = true
		mu.Unlock()
		if !first {
			v.say(frames[1])
			v.stay()
		}
		time.Sleep(50 * time.Millisecond)
	})
	config := traced(t, c.of(configFor(10, 500, server.url+"/base")), 1)
	config.Target.Path = "/events?client={client}"
	config.Target.Headers = map[string]string{"X-Fan": "fan-{client}"}
	before := nowUs() + c.skewUs
	play(t, config)
	after := nowUs() + c.skewUs

	spans := readSpans(t, config)
	same(t, server.traceparents(), spans)
	equal(t, "headers beside it", server.requests[0].Header.Get("X-Fan") != "", true)
	opens, resumes := named(spans, "open stream"), named(spans, "resume stream")
	equal(t, "opens", len(opens), 10)
	equal(t, "resumes", len(resumes), 9)
	startUs := opens[0].StartUs - 2000*opens[0].Attributes.Client
	for _, span := range spans {
		equal(t, "kind", span.Kind, "client")
		equal(t, "part", span.Part, "crowd-0")
		equal(t, "error", span.Error, "")
		equal(t, "status", span.Attributes.Status, 200)
		equal(t, "edge", span.Attributes.Edge, server.url+"/base")
		equal(t, "stream", span.Attributes.Stream, streamID)
		if span.StartUs < before || span.EndUs > after {
			t.Errorf("%d to %d is not within the run by the conductor's clock: %d to %d", span.StartUs, span.EndUs, before, after)
		}
	}
	for _, span := range opens {
		// Clients are planned 2 ms apart, and their spans begin there, however late they were released.
		equal(t, "start", span.StartUs, startUs+2000*span.Attributes.Client)
		equal(t, "attempt", span.Attributes.Attempt, 1)
		if lag := span.Attributes.ReleaseLagMs; lag == nil || *lag < 0 || *lag > 100 {
			t.Errorf("release lag is %v", lag)
		}
	}
	for _, span := range resumes {
		equal(t, "attempt", span.Attributes.Attempt, 2)
		equal(t, "Last-Event-ID", span.Attributes.LastEventID, "2")
		equal(t, "release lag of a resume", span.Attributes.ReleaseLagMs, nil)
		equal(t, "snapshot", span.Attributes.Snapshot, false)
		within(t, "resume, until caught up", span.EndUs-span.StartUs, 40, 150)
	}
}

func TestSpansOfConnectionsWithGoroutines(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Header.Values(traceparent)...)
		mu.Unlock()
		w.Header().Set("Content-Type", "text/event-stream")
		if r.Header.Get("Last-Event-ID") == "" {
			_, _ = io.WriteString(w, snapshotFrame(0)+goal(1))
			return
		}
		// Too old to resume from: a snapshot answers.
		_, _ = io.WriteString(w, snapshotFrame(5))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	config := traced(t, configFor(10, 1200, server.URL), 1)
	config.Target.InsecureTLS = true
	play(t, config)
	mu.Lock()
	defer mu.Unlock()
	spans := readSpans(t, config)
	same(t, seen, spans)
	equal(t, "opens", len(named(spans, "open stream")), 10)
	resumes := named(spans, "resume stream")
	equal(t, "resumes", len(resumes), 10)
	// Who comes back when nobody has seen the snapshot's number yet has caught up when its stream is accepted.
	equal(t, "answered with a snapshot", slices.ContainsFunc(resumes,
		func(span crowd.Span) bool { return span.Attributes.Snapshot }), true)
}

func TestOnlyAttemptsWithinAWindowAreTraced(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0))
		time.Sleep(30 * time.Millisecond)
	})
	c := conduct(t)
	windows := []crowd.Window{{FromMs: 150, ToMs: 250}, {FromMs: 400, ToMs: 450}}
	config := traced(t, c.of(configFor(5, 600, server.url)), 0, windows...)
	play(t, config)
	spans := readSpans(t, config)
	same(t, server.traceparents(), spans)
	if len(spans) < 3 || len(spans) > server.count()/2 {
		t.Errorf("%d of %d requests are traced", len(spans), server.count())
	}
	startUs := spans[0].StartUs
	for _, span := range spans {
		startUs = min(startUs, span.StartUs)
	}
	for _, span := range spans {
		// The first of them began 150 ms after the start, or a little later.
		if at := msOf(span.StartUs - startUs); at > 100 && (at < 200 || at > 300) {
			t.Errorf("a span begins %g ms after the first window did", at)
		}
	}
}

func TestNothingIsTracedUnasked(t *testing.T) {
	server := steady(t)
	config := traced(t, configFor(20, 200, server.url), 0)
	play(t, config)
	equal(t, "lines for a share of 0", len(readLines(t, config.Files.Spans)), 0)

	play(t, withFiles(t, configFor(20, 200, server.url)))
	equal(t, "requests", server.count(), 40)
	equal(t, "traced requests", len(server.traceparents()), 0)

	// Without files the target may trace all the same.
	config = configFor(20, 200, server.url)
	config.Trace = &crowd.TracePlan{Share: 1}
	play(t, config)
	equal(t, "traced requests", len(server.traceparents()), 20)
}

func TestWhoIsTracedFollowsFromTheSeed(t *testing.T) {
	config := configFor(20_000, 1000, "http://x")
	config.Trace = &crowd.TracePlan{Share: 0.01, Windows: []crowd.Window{{FromMs: 100, ToMs: 200}}}
	p := newPlan(config)
	count := func(attempt uint32, us int64) (traced int) {
		for id := range int64(20_000) {
			if p.traced(id, attempt, us) {
				traced++
			}
		}
		return traced
	}
	for attempt := range uint32(3) {
		if n := count(attempt+1, 0); n < 150 || n > 250 {
			t.Errorf("%d of 20,000 are traced; about 200 is right", n)
		}
	}
	equal(t, "the same at another instant", count(1, 999_999), count(1, 0))
	equal(t, "before the window", count(1, 99_999), count(1, 0))
	equal(t, "at its begin", count(1, 100_000), 20_000)
	equal(t, "before its end", count(1, 199_999), 20_000)
	equal(t, "at its end", count(1, 200_000), count(1, 0))
	config.Trace.Share = 1
	equal(t, "share 1", count(1, 0), 20_000)
	both := 0
	config.Trace.Share = 0.5
	for id := range int64(20_000) {
		if p.traced(id, 1, 0) && p.traced(id, 2, 0) {
			both++
		}
	}
	if both < 4700 || both > 5300 {
		t.Errorf("%d of 20,000 are traced at both attempts; half of the half is right", both)
	}
}

func TestSpansOfFailures(t *testing.T) {
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	answer := func(text string) string {
		return serve(t, func(v *visit) {
			v.say(text)
			if text == "" {
				v.stay()
			}
		}).url
	}
	for _, one := range []struct {
		name, edge, cause string
		status            int
	}{
		{"refused", "http://" + refused.Addr().String(), "connect: connection refused", 0},
		{"busy", answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), "response: status 503", 503},
		{"gone", answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "response: status 404", 404},
		{"no stream", answer("HTTP/1.1 200 OK\r\n\r\n"), `response: content type "" is no event stream`, 200},
		{"closed", answer("HTTP/1.1 200"), "response: closed by the server", 0},
		{"silent", answer(""), "response: timeout", 0},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			config := traced(t, configFor(2, 260, one.edge), 1)
			config.ConnectTimeoutMs = 100
			play(t, config)
			spans := readSpans(t, config)
			if len(spans) < 2 {
				t.Fatalf("%d spans", len(spans))
			}
			for _, span := range spans[:2] {
				equal(t, "name", span.Name, "open stream")
				equal(t, "error", span.Error, one.cause)
				equal(t, "status", span.Attributes.Status, one.status)
				equal(t, "attempt", span.Attributes.Attempt, 1)
			}
		})
	}
}

func TestSpansOfWhatDidNotEndByItself(t *testing.T) {
	server := serve(t, func(v *visit) {
		switch {
		case v.n == 0:
			v.say(header + snapshotFrame(0) + goal(1))
			time.Sleep(50 * time.Millisecond)
		case v.request.Header.Get("Last-Event-ID") != "":
			v.say(header)
			v.stay()
		default:
			v.say(header + snapshotFrame(0) + goal(1) + goal(2))
			v.stay()
		}
	})
	config := traced(t, configFor(2, 300, server.url), 1)
	play(t, config)
	spans := readSpans(t, config)
	same(t, server.traceparents(), spans)
	resumes := named(spans, "resume stream")
	equal(t, "resumes", len(resumes), 1)
	equal(t, "error", resumes[0].Error, "left before it had caught up")
	equal(t, "status", resumes[0].Attributes.Status, 200)

	silent := serve(t, func(v *visit) { v.stay() })
	config = traced(t, configFor(1, 100, silent.url), 1)
	play(t, config)
	spans = readSpans(t, config)
	same(t, silent.traceparents(), spans)
	equal(t, "error", spans[0].Error, "left before there was an answer")
}

func TestSpansAreBounded(t *testing.T) {
	engineMade = func(e *Engine) { e.spans.most = 3 }
	t.Cleanup(func() { engineMade = nil })
	server := steady(t)
	config := traced(t, configFor(10, 200, server.url), 1)
	var said []string
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := Run(ctx, config, Options{Log: func(line string) { said = append(said, line) }}); err != nil {
		t.Fatal(err)
	}
	spans := readSpans(t, config)
	equal(t, "spans", len(spans), 3)
	same(t, server.traceparents(), spans)
	equal(t, "lines said", len(said), 1)
	if len(said) == 1 && !strings.HasPrefix(said[0], "SPANS_DROPPED: 7 requests went untraced") {
		t.Errorf("it said %q", said[0])
	}
}

func TestSpansThatCannotBeWritten(t *testing.T) {
	config := traced(t, configFor(1, 100, steady(t).url), 1)
	config.Files.Spans = t.TempDir()
	_, err := Run(t.Context(), config, Options{})
	equal(t, "code of a folder", CodeOf(err), "RUN_FOLDER_UNWRITABLE")

	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	c := conduct(t)
	config = traced(t, c.of(configFor(3, 200, steady(t).url)), 1)
	config.Files.Spans = "/dev/full"
	final, err := Run(t.Context(), config, Options{})
	equal(t, "code of a full disk", CodeOf(err), "RUN_FOLDER_UNWRITABLE")
	equal(t, "the run went on", final.Connected, 3)
}

func TestProblemsOfATracePlan(t *testing.T) {
	config := configFor(1, 100, "http://127.0.0.1:1")
	config.Target.Headers = map[string]string{"TraceParent": "mine"}
	equal(t, "a header of one's own", len(Problems(config)), 0)
	config.Trace = &crowd.TracePlan{Share: 1.1, Windows: []crowd.Window{{FromMs: 1, ToMs: 2}, {FromMs: 200, ToMs: 100}}}
	problems := strings.Join(Problems(config), "; ")
	equal(t, "problems", problems, "trace.share is 1.1; it must be from 0 to 1; "+
		"trace.windows: 200 to 100 ms ends before it begins; "+
		"target.headers: TraceParent is the crowd's own where requests are traced")
	config.Trace.Share = -0.1
	equal(t, "named", strings.Contains(strings.Join(Problems(config), "; "), "trace.share is -0.1"), true)
}

// What is not traced pays nothing: no allocation, whether its run traces others or not.
func TestUntracedRequestsAllocateNothing(t *testing.T) {
	config := configFor(10, 100, "http://127.0.0.1:1")
	config.Trace = &crowd.TracePlan{Share: 0, Windows: []crowd.Window{{FromMs: 50, ToMs: 60}}}
	e := newEngine(t.Context(), config)
	if err := e.findEdges(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := e.makeShards(); err != nil {
		t.Fatal(err)
	}
	s := e.shards[0]
	t.Cleanup(func() {
		for _, s := range e.shards {
			s.poller.close()
		}
	})
	s.tracing = map[int32]*crowd.Span{1: {}}
	c := &s.clients[0]
	allocations := testing.AllocsPerRun(100, func() {
		s.beginSpan(c, e.startUs)
		s.request = s.requestOf(s.request[:0], c)
		s.endSpan(c, e.startUs, "")
	})
	equal(t, "allocations", allocations, 0)
}
