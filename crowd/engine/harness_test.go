package engine

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	crowd "github.com/matchday/crowd"
)

const streamID = "match:test"

const header = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

// rawServer hands every request, with its connection, to a function; what that returns from is closed.
type rawServer struct {
	url      string
	mu       sync.Mutex
	requests []*http.Request
}

// visit is one connection: its number on this server, from 0.
type visit struct {
	net.Conn
	n       int
	request *http.Request
	ended   context.Context
}

func (v *visit) say(text string) { _, _ = v.Write([]byte(text)) }

// stay keeps the connection until the test ends.
func (v *visit) stay() { <-v.ended.Done() }

// reset closes without a goodbye.
func (v *visit) reset() { _ = v.Conn.(*net.TCPConn).SetLinger(0) }

func serve(t *testing.T, handle func(*visit)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &rawServer{url: "http://" + listener.Addr().String()}
	ended, end := context.WithCancel(t.Context())
	var open sync.WaitGroup
	t.Cleanup(func() {
		end()
		listener.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer conn.Close()
				request, err := http.ReadRequest(bufio.NewReader(conn))
				if err != nil {
					return
				}
				server.mu.Lock()
				v := &visit{conn, len(server.requests), request, ended}
				server.requests = append(server.requests, request)
				server.mu.Unlock()
				handle(v)
			})
		}
	})
	return server
}

func (s *rawServer) lastEventIDs() (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, request := range s.requests {
		ids = append(ids, request.Header.Get("Last-Event-ID"))
	}
	return ids
}

func (s *rawServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func snapshotFrame(seq int) string {
	return fmt.Sprintf("id: %d\nevent: snapshot\ndata: {\"v\":1,\"stream\":%q,\"seq\":%d,\"class\":\"snapshot\",\"publishedAtUs\":%d,\"state\":[],\"odds\":null}\n\n",
		seq, streamID, seq, nowUs())
}

// frameOf is an event; extra is more JSON, as `"to":3,`.
func frameOf(seq int, class string, publishedAtUs int64, extra string) string {
	event := fmt.Sprintf(`{"type":"GOAL","factId":"g%d","version":1,"team":"home","minute":%d,"player":"P"}`, seq, seq)
	if class == "odds" {
		event = `{"type":"ODDS","home":2,"draw":3,"away":4}`
	}
	stream := fmt.Sprintf(`"stream":%q,`, streamID)
	if strings.Contains(extra, `"stream"`) {
		stream = ""
	}
	return fmt.Sprintf("id: %d\nevent: %s\ndata: {\"v\":1,%s%s\"seq\":%d,\"class\":%q,\"sourceAtUs\":%d,\"publishedAtUs\":%d,\"event\":%s}\n\n",
		seq, class, stream, extra, seq, class, publishedAtUs, publishedAtUs, event)
}

func goal(seq int) string { return frameOf(seq, "goal", nowUs(), "") }

// fakeConductor releases one generator, and keeps what it sends.
type fakeConductor struct {
	*httptest.Server
	mu        sync.Mutex
	intervals []crowd.Interval
	final     *crowd.Final
	ready     *crowd.Ready
	tokens    map[string]bool
	// skewUs is how far its clock is ahead.
	skewUs int64
	stop   func(crowd.Interval) bool
	fail   func(path string) bool
}

func conduct(t *testing.T) *fakeConductor {
	t.Helper()
	c := &fakeConductor{tokens: map[string]bool{}}
	answer := func(w http.ResponseWriter, value any) { _ = json.NewEncoder(w).Encode(value) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/clock", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, crowd.ClockReading{NowUs: nowUs() + c.skewUs})
	})
	mux.HandleFunc("POST /v1/generators/{n}/ready", func(w http.ResponseWriter, r *http.Request) {
		var ready crowd.Ready
		_ = json.NewDecoder(r.Body).Decode(&ready)
		c.mu.Lock()
		c.ready = &ready
		c.mu.Unlock()
		answer(w, crowd.StartOrder{StartAtUs: nowUs() + c.skewUs + 20_000})
	})
	mux.HandleFunc("POST /v1/generators/{n}/intervals", func(w http.ResponseWriter, r *http.Request) {
		var interval crowd.Interval
		_ = json.NewDecoder(r.Body).Decode(&interval)
		c.mu.Lock()
		c.intervals = append(c.intervals, interval)
		c.mu.Unlock()
		answer(w, crowd.IntervalReply{Stop: c.stop != nil && c.stop(interval)})
	})
	mux.HandleFunc("POST /v1/generators/{n}/final", func(_ http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		_ = json.NewDecoder(r.Body).Decode(&c.final)
	})
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.tokens[r.Header.Get("Authorization")] = true
		c.mu.Unlock()
		if c.fail != nil && c.fail(r.URL.Path) {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// histogram merges a measure over all intervals, and over all phases and classes that match the prefix of its key.
func (c *fakeConductor) histogram(t *testing.T, prefix string) *hdrhistogram.Histogram {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	merged := hdrhistogram.New(1, 3_600_000_000, 3)
	for _, interval := range c.intervals {
		for key, payload := range interval.Histograms {
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			decoded, err := hdrhistogram.Decode([]byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			merged.Merge(decoded)
		}
	}
	return merged
}

// configFor is a small crowd on some edges, for durationMs.
func configFor(clients int, durationMs float64, edges ...string) *crowd.Config {
	return &crowd.Config{
		Version: 1, Generators: 1, Clients: clients,
		Target:           crowd.Target{Edges: edges, Path: "/events/{match}"},
		Streams:          []crowd.Stream{{ID: streamID, Match: "test", Share: 1}},
		Arrivals:         crowd.Arrivals{WithinMs: 20},
		LeaveAtMs:        durationMs,
		Phases:           []crowd.Phase{{Name: "arrive", ToMs: 100}, {Name: "baseline", FromMs: 100, ToMs: durationMs}},
		DeadlinesMs:      map[string]float64{"goal": 2000, "odds": 2000},
		QuoteClass:       "odds",
		QuoteSampleMs:    50,
		Reconnect:        crowd.Reconnect{MinMs: 20, MaxMs: 40},
		ConnectTimeoutMs: 2000,
		Seed:             1,
		AnomalySample:    100,
	}
}

func (c *fakeConductor) of(config *crowd.Config) *crowd.Config {
	config.Conductor = &crowd.Conductor{URL: c.URL, Token: "secret"}
	return config
}

func withFiles(t *testing.T, config *crowd.Config) *crowd.Config {
	folder := t.TempDir()
	config.Files = &crowd.Files{Hlog: filepath.Join(folder, "crowd-0.hlog"), Jsonl: filepath.Join(folder, "crowd-0.jsonl"),
		Anomalies: filepath.Join(folder, "anomalies-0.jsonl")}
	return config
}

// play runs to the end, which must come soon after the planned leave.
func play(t *testing.T, config *crowd.Config) *crowd.Final {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(config.LeaveAtMs)*time.Millisecond+10*time.Second)
	defer cancel()
	final, err := Run(ctx, config, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatal("the run did not end at its planned leave")
	}
	return final
}

func within(t *testing.T, what string, gotUs, fromMs, toMs int64) {
	t.Helper()
	if gotUs < fromMs*1000 || gotUs > toMs*1000 {
		t.Errorf("%s is %.1f ms; %d to %d is right", what, float64(gotUs)/1000, fromMs, toMs)
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v; %v is right", what, got, want)
	}
}
