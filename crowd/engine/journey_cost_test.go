package engine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestServeApart is no test: it is the server of TestWhatAClientOfAJourneyCosts, in a process of its own.
func TestServeApart(t *testing.T) {
	if os.Getenv("CROWD_SERVE_APART") == "" {
		t.Skip("serves another test")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = http.Serve(listener, http.HandlerFunc(answerHold)) }()
	fmt.Printf("serving http://%s\n", listener.Addr())
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func answerHold(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write([]byte(`{"hold":"0123456789abcdef","seats":["A-1-1","A-1-2"],"expiresAtUs":1700000000000000}`))
}

// serveApart ends with the test: the server reads its standard input to the end.
func serveApart(t *testing.T) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServeApart$")
	command.Env = append(os.Environ(), "CROWD_SERVE_APART=1")
	stdin, _ := command.StdinPipe()
	stdout, _ := command.StdoutPipe()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if url, is := strings.CutPrefix(lines.Text(), "serving "); is {
			return url
		}
	}
	t.Fatal("no server")
	return ""
}

// TestWhatAClientOfAJourneyCosts prints figures; a machine that is busy makes none that could be asserted.
func TestWhatAClientOfAJourneyCosts(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 clients")
	}
	const clients = 10_000
	think := `{"name":"think%d","do":"think","time":{"kind":"uniform","minMs":500,"maxMs":1500}}`
	config := journeyConfig(clients, 8000, serveApart(t), oneJourney(
		request("seats", "GET", "/seats", `"200":"next"`, `"capture":{"seats":"$.seats"}`), fmt.Sprintf(think, 1),
		request("hold", "POST", "/holds", `"200":"next"`, `"headers":{"Idempotency-Key":"{key:hold}"},"body":{"seats":"{seats}"},"capture":{"hold":"$.hold"}`), fmt.Sprintf(think, 2),
		request("book", "POST", "/bookings", `"200":"next"`, `"body":{"hold":"{hold}"}`)))
	config.SourceAddress = "127.0.1.1"
	config.Arrivals.WithinMs = 3000
	control := conduct(t)
	before := cpuUs()
	final := play(t, control.of(config))
	ended := int64(0)
	for _, count := range final.Journeys["buy"] {
		ended += count
	}
	equal(t, "journeys that have ended", ended, clients)
	spent := cpuUs() - before
	requests := control.histogram(t, "request{")
	t.Logf("%d clients, %d journeys completed: %.1f KB of memory each, %d µs of CPU a request; request p50 %.2f ms, p99 %.2f ms",
		clients, final.Counters.JourneysCompleted, final.BytesPerClient/1000, spent/requests.TotalCount(),
		float64(requests.ValueAtQuantile(50))/1000, float64(requests.ValueAtQuantile(99))/1000)
}

func benchmarkedShop(b *testing.B) *origin {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(answerHold)}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { server.Close() })
	o := (&origins{}).of(&url.URL{Scheme: "http", Host: listener.Addr().String()})
	return o
}

// BenchmarkExchange is a request on a kept connection, as journeys make it.
func BenchmarkExchange(b *testing.B) {
	to := benchmarkedShop(b)
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	e := &Engine{source: netip.Addr{}, dials: make(chan struct{}, 1)}
	request := []byte("POST /holds HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
	var kept *callConn
	b.ReportAllocs()
	for b.Loop() {
		x := &exchange{engine: e, ctx: ctx, g: &goroutineConn{cancel: cancel}, origin: to, address: to.address(0), kept: kept, request: request, wantsBody: true}
		a := x.run()
		if a.failure != "" || len(a.body) == 0 {
			b.Fatal(a.cause)
		}
		kept = a.conn
	}
}

// BenchmarkTransport is the same by net/http.
func BenchmarkTransport(b *testing.B) {
	to := benchmarkedShop(b)
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	b.ReportAllocs()
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
		request, _ := http.NewRequestWithContext(ctx, "POST", "http://"+to.hostHeader+"/holds", strings.NewReader("{}"))
		response, err := transport.RoundTrip(request)
		if err != nil {
			b.Fatal(err)
		}
		if body, _ := io.ReadAll(response.Body); len(body) == 0 {
			b.Fatal("no body")
		}
		response.Body.Close()
		cancel()
	}
}
