package engine

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestReconnectResumesAfterAnEndOfStream(t *testing.T) {
	c := conduct(t)
	server := serve(t, func(v *visit) {
		v.say(header)
		switch v.n {
		case 0:
			v.say(snapshotFrame(0) + goal(1) + goal(2))
		default:
			v.say(goal(3))
			v.stay()
		}
	})
	final := play(t, c.of(configFor(1, 300, server.url)))
	if ids := server.lastEventIDs(); !slices.Equal(ids, []string{"", "2"}) {
		t.Errorf("Last-Event-ID was %q", ids)
	}
	equal(t, "disconnects", final.Counters.Disconnects, 1)
	equal(t, "resumes", final.Counters.Resumes, 1)
	equal(t, "on time", final.Counters.OnTime, 3)
	equal(t, "its cause", final.Errors["stream: ended by the server"], 1)
	resume := c.histogram(t, "resume@")
	equal(t, "resume samples", resume.TotalCount(), 1)
	within(t, "resume", resume.Max(), 20, 70)
	equal(t, "screen", final.Streams[streamID].Screens["NOT_STARTED 3-0 g1:GOAL:home:1:P g2:GOAL:home:2:P g3:GOAL:home:3:P"], 1)
}

func TestResetInTheMiddleOfAFrame(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header)
		if v.n == 0 {
			frame := goal(1)
			v.say(snapshotFrame(0) + frame[:len(frame)/2])
			// Let the half be read: a reset throws away what was not.
			time.Sleep(30 * time.Millisecond)
			v.reset()
			return
		}
		v.say(goal(1))
		v.stay()
	})
	final := play(t, configFor(1, 300, server.url))
	if ids := server.lastEventIDs(); !slices.Equal(ids, []string{"", "0"}) {
		t.Errorf("Last-Event-ID was %q", ids)
	}
	equal(t, "events", final.Counters.Events, 1)
	equal(t, "on time", final.Counters.OnTime, 1)
	equal(t, "resets", final.Errors["stream: connection reset by peer"], 1)
}

// What was missed while away is owed, and comes as recovered: no duplicate, no reorder, nothing lost.
func TestRecoveredEventsCountOnce(t *testing.T) {
	frames := []string{"", goal(1), goal(2), goal(3), goal(4), goal(5)}
	server := serve(t, func(v *visit) {
		v.say(header)
		if v.request.Header.Get("Last-Event-ID") == "" {
			v.say(snapshotFrame(0))
		}
		if v.n == 0 {
			v.say(frames[1])
			return
		}
		// The other client sees all of it; so the generator knows what the first one missed.
		if v.request.Header.Get("Last-Event-ID") == "1" {
			for seq := 2; seq <= 5; seq++ {
				v.say(frames[seq])
			}
		} else {
			for seq := 1; seq <= 5; seq++ {
				v.say(frames[seq])
			}
		}
		v.stay()
	})
	config := configFor(2, 400, server.url)
	config.Arrivals.WithinMs = 4
	final := play(t, config)
	equal(t, "on time", final.Counters.OnTime, 10)
	equal(t, "duplicates", final.Counters.Duplicate, 0)
	equal(t, "reordered", final.Counters.Reordered, 0)
	events := final.Streams[streamID].Events
	equal(t, "events", len(events), 5)
	equal(t, "first recovered", events[0].Recovered, 0)
	for _, event := range events[1:] {
		equal(t, fmt.Sprintf("recovered %d", event.Seq), event.Recovered, 1)
	}
}

func TestFailoverAlongTheListOfEdges(t *testing.T) {
	good := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0))
		v.stay()
	})
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused.Close()
	final := play(t, configFor(10, 400, "http://"+refused.Addr().String(), good.url))
	equal(t, "connected", final.Connected, 10)
	equal(t, "connect errors", final.Counters.ConnectErrors, 5)
	equal(t, "their cause", final.Errors["connect: connection refused"], 5)
	equal(t, "failed", final.Failed, 0)
}

func TestRetryFieldMovesTheWait(t *testing.T) {
	var times [2]atomic.Int64
	server := serve(t, func(v *visit) {
		times[min(v.n, 1)].CompareAndSwap(0, nowUs())
		v.say(header)
		if v.n == 0 {
			v.say("retry: 250\n\n")
			return
		}
		v.stay()
	})
	play(t, configFor(1, 500, server.url))
	// 250 ms, and the 20 ms between the shortest and the longest wait.
	within(t, "wait", times[1].Load()-times[0].Load(), 250, 290)
}

func TestAnswersThatEndItForGood(t *testing.T) {
	for _, one := range []struct{ name, answer, cause string }{
		{"204", "HTTP/1.1 204 No Content\r\n\r\n", "response: status 204"},
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "response: status 404"},
		{"content type", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>", `response: content type "text/html" is no event stream`},
		{"no content type", "HTTP/1.1 200 OK\r\n\r\n", `response: content type "" is no event stream`},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) { v.say(one.answer) })
			final := play(t, configFor(1, 250, server.url))
			equal(t, "requests", server.count(), 1)
			equal(t, "errors", final.Errors[one.cause], 1)
			equal(t, "failed", final.Failed, 1)
		})
	}
}

func TestAnswersThatAreTriedAgain(t *testing.T) {
	for _, one := range []struct{ name, answer, cause string }{
		{"503", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "response: status 503"},
		{"429", "HTTP/1.1 429 Slow down\r\nContent-Length: 0\r\n\r\n", "response: status 429"},
		{"nothing", "", "response: closed by the server"},
		{"no http", "SSH-2.0-OpenSSH_9.2\r\n\r\n", ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) {
				if v.n < 2 {
					v.say(one.answer)
					return
				}
				v.say(header + snapshotFrame(0))
				v.stay()
			})
			final := play(t, configFor(1, 400, server.url))
			equal(t, "requests", server.count(), 3)
			equal(t, "connected", final.Connected, 1)
			equal(t, "connect errors", final.Counters.ConnectErrors, 2)
			if one.cause != "" {
				equal(t, "errors", final.Errors[one.cause], 2)
			}
		})
	}
}

func TestTimeoutCoversSlowHeaders(t *testing.T) {
	server := serve(t, func(v *visit) {
		if v.n == 0 {
			v.say("HTTP/1.1 200 OK\r\nContent-")
			v.stay()
		}
		v.say(header + snapshotFrame(0))
		v.stay()
	})
	config := configFor(1, 500, server.url)
	config.ConnectTimeoutMs = 150
	final := play(t, config)
	equal(t, "timeouts", final.Errors["response: timeout"], 1)
	equal(t, "connected", final.Connected, 1)
}

func TestConnectCountsFromThePlannedInstantOverFailedAttempts(t *testing.T) {
	c := conduct(t)
	server := serve(t, func(v *visit) {
		if v.n == 0 {
			v.say("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
			return
		}
		time.Sleep(100 * time.Millisecond)
		v.say(header)
		time.Sleep(50 * time.Millisecond)
		v.say(snapshotFrame(0))
		v.stay()
	})
	play(t, c.of(configFor(1, 500, server.url)))
	connect, first := c.histogram(t, "connect@arrive"), c.histogram(t, "first_event@arrive")
	equal(t, "connects", connect.TotalCount(), 1)
	within(t, "connect", connect.Max(), 120, 170)
	within(t, "first event after connect", first.Max()-connect.Max(), 48, 75)
	within(t, "release lag", c.histogram(t, "release_lag@arrive").Max(), 0, 15)
}

func TestChunkedBodiesCutAnywhere(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n")
		body := snapshotFrame(0) + ": a comment\r\n\r\n" + goal(1) + goal(2)
		var chunked strings.Builder
		for len(body) > 0 {
			n := min(17, len(body))
			fmt.Fprintf(&chunked, "%x;ext=1\r\n%s\r\n", n, body[:n])
			body = body[n:]
		}
		for _, b := range []byte(chunked.String()) {
			v.say(string(b))
		}
		v.stay()
	})
	final := play(t, configFor(1, 400, server.url))
	equal(t, "events", final.Counters.Events, 2)
	equal(t, "on time", final.Counters.OnTime, 2)
	equal(t, "disconnects", final.Counters.Disconnects, 0)
}

func TestHTTPS(t *testing.T) {
	var handler http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if r.Header.Get("Last-Event-ID") != "" {
			_, _ = io.WriteString(w, goal(2))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, snapshotFrame(0)+goal(1))
	}
	server := httptest.NewUnstartedServer(handler)
	// Handshakes that the client breaks off are what is tested.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	config := configFor(20, 1200, server.URL)
	config.Target.InsecureTLS = true
	final := play(t, config)
	equal(t, "connected", final.Connected, 20)
	equal(t, "on time", final.Counters.OnTime, 40)
	equal(t, "resumes", final.Counters.Resumes, 20)
	equal(t, "kernel timestamps", final.Timestamps.Kernel, 0)
	if final.Timestamps.Reader == 0 {
		t.Error("no read was stamped by the reader")
	}

	config.Target.InsecureTLS = false
	config.LeaveAtMs = 1200
	final = play(t, config)
	equal(t, "connected without trust", final.Connected, 0)
	if final.Counters.ConnectErrors < 20 {
		t.Errorf("connect errors are %d; 20 or more are right: %v", final.Counters.ConnectErrors, final.Errors)
	}
}

func TestRequestCarriesHeadersAndPlaces(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header)
		v.stay()
	})
	config := configFor(2, 200, server.url+"/base/")
	config.Target.Path = "/live/{match}/{client}"
	config.Target.Headers = map[string]string{"X-Fan": "fan-{client}", "Cookie": "a=b"}
	play(t, config)
	paths := map[string]string{}
	for _, request := range server.requests {
		equal(t, "accept", request.Header.Get("Accept"), "text/event-stream")
		equal(t, "cookie", request.Header.Get("Cookie"), "a=b")
		paths[request.URL.Path] = request.Header.Get("X-Fan")
	}
	equal(t, "client 0", paths["/base/live/test/0"], "fan-0")
	equal(t, "client 1", paths["/base/live/test/1"], "fan-1")
}

func TestHostNames(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0))
		v.stay()
	})
	final := play(t, configFor(4, 400, strings.Replace(server.url, "127.0.0.1", "localhost", 1)))
	// Where localhost is ::1 too, nobody listens there, and the next attempt takes the other address.
	equal(t, "connected", final.Connected, 4)

	config := configFor(4, 300, strings.Replace(server.url, "127.0.0.1", "localhost", 1))
	config.SourceAddress = "127.0.9.1"
	final = play(t, config)
	equal(t, "connected from an address of its own", final.Connected, 4)
	equal(t, "errors", final.Counters.ConnectErrors, 0)
}
