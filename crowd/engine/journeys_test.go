package engine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
)

// journeyConfig is a crowd that walks journeys, each `"id":…,"share":…,"steps":[…]`, on one target, `shop`.
func journeyConfig(clients int, durationMs float64, target string, journeys ...string) *crowd.Config {
	config := configFor(clients, durationMs)
	config.Streams, config.Target = nil, crowd.Target{}
	config.Targets = map[string][]string{"shop": {target}}
	for _, one := range journeys {
		config.Journeys = append(config.Journeys, json.RawMessage("{"+one+"}"))
	}
	return config
}

func oneJourney(steps ...string) string {
	return `"id":"buy","share":1,"steps":[` + strings.Join(steps, ",") + `]`
}

// get is a request step; more is further members.
func request(name, method, path, on, more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"name":%q,"do":"request","target":"shop","method":%q,"path":%q,"timeoutMs":2000,"on":{%s}%s}`, name, method, path, on, more)
}

// shop is a server that counts its connections.
type shop struct {
	*httptest.Server
	connections atomic.Int64
}

func openShop(t *testing.T, handle http.HandlerFunc) *shop {
	t.Helper()
	s := &shop{Server: httptest.NewUnstartedServer(handle)}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func historyOf(t *testing.T, config *crowd.Config) (entries []crowd.HistoryEntry) {
	t.Helper()
	content, err := os.ReadFile(config.Files.History)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		var entry crowd.HistoryEntry
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry)
	}
	return entries
}

func withHistory(t *testing.T, config *crowd.Config) *crowd.Config {
	withFiles(t, config)
	config.Files.History = filepath.Join(filepath.Dir(config.Files.Jsonl), "history-0.jsonl")
	config.Files.Spans = filepath.Join(filepath.Dir(config.Files.Jsonl), "spans-0.jsonl")
	return config
}

func equalEnds(t *testing.T, final *crowd.Final, want map[string]int64) {
	t.Helper()
	got := final.Journeys["buy"]
	if len(got) != len(want) {
		t.Errorf("ends are %v; %v is right (errors: %v)", got, want, final.Errors)
		return
	}
	for end, count := range want {
		equal(t, end, got[end], count)
	}
}

func TestEveryEndIsCountedExactly(t *testing.T) {
	server := openShop(t, func(w http.ResponseWriter, r *http.Request) {
		var client int
		fmt.Sscanf(r.URL.Path, "/buy/%d", &client)
		status := []int{201, 410, 500, 409, 418}[client%5]
		if client%5 == 3 && r.URL.Query().Get("again") != "" {
			status = 201
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"n":%d}`, client)
	})
	config := withHistory(t, journeyConfig(50, 600, server.URL, oneJourney(
		request("buy", "POST", "/buy/{client}", `"201":{"end":"completed","cause":""},"410":{"end":"rejected","cause":"sold out"},"409":"next","418":{"step":"idle"}`, ""),
		request("again", "POST", "/buy/{client}?again=1", `"2xx":{"end":"completed","cause":""}`, ""),
		`{"name":"idle","do":"think","time":{"kind":"constant","ms":100000}}`)))
	control := conduct(t)
	final := play(t, control.of(config))
	equalEnds(t, final, map[string]int64{"completed": 20, "rejected: sold out": 10, "failed: buy: status 500": 10, "abandoned: the run ended": 10})
	equal(t, "completed", final.Counters.JourneysCompleted, 20)
	equal(t, "rejected", final.Counters.JourneysRejected, 10)
	equal(t, "abandoned", final.Counters.JourneysAbandoned, 10)
	equal(t, "failed", final.Counters.JourneysFailed, 10)
	equal(t, "connected", final.Connected, 50)
	equal(t, "failed journeys among the errors", final.Errors["journey buy: buy: status 500"], 10)
	equal(t, "answers measured", control.histogram(t, "request{step=buy}").TotalCount(), 50)
	equal(t, "second answers measured", control.histogram(t, "request{step=again}").TotalCount(), 10)
	equal(t, "completed journeys measured", control.histogram(t, "journey@").TotalCount(), 20)
	types := map[string]int{}
	for _, entry := range historyOf(t, config) {
		types[entry.Step+" "+entry.Type+" "+entry.End]++
	}
	for what, count := range map[string]int{"buy invoke ": 50, "buy ok ": 10, "buy fail ": 30, "buy info ": 10, "again invoke ": 10, "again ok ": 10, "idle end abandoned": 10} {
		equal(t, what, types[what], count)
	}
}

func TestAttemptsShareTheirKeyAndClientsDoNot(t *testing.T) {
	var mu sync.Mutex
	keys, randoms := map[string][]string{}, map[string]bool{}
	server := openShop(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		client := r.URL.Path
		keys[client] = append(keys[client], r.Header.Get("Idempotency-Key"))
		randoms[r.Header.Get("X-Random")] = true
		if len(keys[client]) < 3 {
			w.WriteHeader(503)
		}
	})
	config := withHistory(t, journeyConfig(20, 800, server.URL, oneJourney(request("pay", "POST", "/{client}", `"200":"next"`,
		`"headers":{"Idempotency-Key":"{key:pay}","X-Random":"{random}"},"retry":{"on":["503"],"attempts":3,"backoffMs":{"min":20,"max":60}}`))))
	control := conduct(t)
	final := play(t, control.of(config))
	equalEnds(t, final, map[string]int64{"completed": 20})
	distinct := map[string]bool{}
	for client, sent := range keys {
		if len(sent) != 3 || sent[0] != sent[1] || sent[1] != sent[2] || len(sent[0]) != 16 {
			t.Errorf("%s sent %v", client, sent)
		}
		distinct[sent[0]] = true
	}
	equal(t, "keys", len(distinct), 20)
	equal(t, "random values", len(randoms), 60)
	// Two backoffs of 20 ms and more are part of it.
	measured := control.histogram(t, "request{step=pay}")
	equal(t, "measured", measured.TotalCount(), 20)
	if least := measured.Min(); least < 40_000 {
		t.Errorf("the fastest took %d µs, less than its backoffs", least)
	}
	attempts := map[uint32]int{}
	for _, entry := range historyOf(t, config) {
		if entry.Type == "fail" && entry.Status == 503 || entry.Type == "ok" {
			attempts[entry.Attempt]++
		}
	}
	equal(t, "attempts in the history", fmt.Sprint(attempts), "map[1:20 2:20 3:20]")
}

func TestAfterTheLastAttemptTheStatusDecides(t *testing.T) {
	server := openShop(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	final := play(t, journeyConfig(5, 400, server.URL, oneJourney(request("pay", "POST", "/", `"200":"next","503":{"end":"rejected","cause":"away"}`,
		`"retry":{"on":["5xx"],"attempts":2,"backoffMs":{"min":1,"max":5}}`))))
	equalEnds(t, final, map[string]int64{"rejected: away": 5})
}

func TestCapturesGoIntoWhatFollows(t *testing.T) {
	var mu sync.Mutex
	var bodies []string
	server := openShop(t, func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		mu.Lock()
		bodies = append(bodies, r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Authorization")+" "+string(content))
		mu.Unlock()
		if r.Method == "GET" {
			w.Header().Set("X-Token", "t/1")
			w.WriteHeader(200)
			// Flushed apart, so that it is chunked.
			for _, piece := range []string{`{"seats":["A-1"`, `,"A-2"],"ho`, `ld":"h 1"}`} {
				_, _ = w.Write([]byte(piece))
				w.(http.Flusher).Flush()
			}
			return
		}
		w.WriteHeader(201)
	})
	config := withHistory(t, journeyConfig(1, 300, server.URL+"/base", oneJourney(
		request("seats", "GET", "/seats?want=2", `"200":"next"`, `"capture":{"seats":"$.seats","hold":"$.hold","token":"header:x-token","code":"status","none":"$.none"}`),
		`{"name":"fits","do":"branch","on":"code","cases":{"200":{"step":"hold"}},"else":{"end":"failed","cause":"no"}}`,
		request("hold", "POST", "/holds/{hold}/{token}", `"201":"next"`, `"headers":{"Authorization":"Bearer {token}"},"body":{"seats":"{seats}","text":"a {hold}"}`))))
	final := play(t, config)
	equalEnds(t, final, map[string]int64{"completed": 1})
	equal(t, "request", strings.Join(bodies, "\n"), "GET /base/seats?want=2  \n"+
		`POST /base/holds/h%201/t%2F1 Bearer t/1 {"seats":["A-1","A-2"],"text":"a h 1"}`)
	for _, entry := range historyOf(t, config) {
		if entry.Step == "hold" && entry.Type == "ok" {
			equal(t, "values", string(entry.Values["seats"])+string(entry.Values["hold"]), `["A-1","A-2"]"h 1"`)
		}
		if entry.Step == "seats" && entry.Type != "end" {
			t.Error("a GET is in the history")
		}
	}
}

func TestAReadThatAsksForItIsInTheHistory(t *testing.T) {
	server := openShop(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"state":"pending"}`)) })
	read := request("state", "GET", "/bookings/b", `"200":"next"`, `"capture":{"state":"$.state"},"recorded":true`)
	config := withHistory(t, journeyConfig(1, 300, server.URL, oneJourney(read)))
	equalEnds(t, play(t, config), map[string]int64{"completed": 1})
	var told []string
	for _, entry := range historyOf(t, config) {
		told = append(told, fmt.Sprint(entry.Step, " ", entry.Type, " ", string(entry.Values["state"])))
	}
	equal(t, "history", strings.Join(told, ", "), `state invoke , state ok "pending", state end "pending"`)
}

func TestWhatWasNotCapturedFailsTheStepThatNeedsIt(t *testing.T) {
	server := openShop(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) })
	final := play(t, journeyConfig(3, 300, server.URL, oneJourney(
		request("seats", "GET", "/", `"200":"next"`, `"capture":{"hold":"$.hold"}`), request("pay", "POST", "/{hold}", `"200":"next"`, ""))))
	equalEnds(t, final, map[string]int64{"failed: pay: hold was not captured": 3})
}

func TestATimeoutIsUnknown(t *testing.T) {
	release := make(chan struct{})
	server := openShop(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	slow := strings.Replace(request("pay", "POST", "/", `"200":"next","timeout":{"end":"rejected","cause":"slow"}`, ""), "2000", "50", 1)
	config := withHistory(t, journeyConfig(4, 500, server.URL, oneJourney(slow)))
	control := conduct(t)
	final := play(t, control.of(config))
	equalEnds(t, final, map[string]int64{"rejected: slow": 4})
	equal(t, "timestamps of what never arrived", final.Timestamps.Kernel+final.Timestamps.Reader, 0)
	infos := 0
	for _, entry := range historyOf(t, config) {
		if entry.Type == "info" && entry.Cause == "timeout" {
			infos++
		}
	}
	equal(t, "infos", infos, 4)
	within(t, "a timeout's latency", control.histogram(t, "request{step=pay}").Min(), 50, 150)
}

func TestARequestUnderWayAtTheLeaveIsUnknown(t *testing.T) {
	release := make(chan struct{})
	server := openShop(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	config := withHistory(t, journeyConfig(4, 200, server.URL, oneJourney(request("pay", "POST", "/", `"200":"next"`, ""))))
	equalEnds(t, play(t, config), map[string]int64{"abandoned: the run ended": 4})
	types := map[string]int{}
	for _, entry := range historyOf(t, config) {
		types[entry.Type]++
	}
	equal(t, "history", fmt.Sprint(types), "map[end:4 info:4 invoke:4]")
}

func TestRefusedConnectionsGoRoundTheTargets(t *testing.T) {
	server := openShop(t, func(http.ResponseWriter, *http.Request) {})
	gone := httptest.NewServer(nil)
	gone.Close()
	config := journeyConfig(10, 500, server.URL, oneJourney(request("pay", "POST", "/", `"200":"next","connection":{"end":"failed","cause":"away"}`,
		`"retry":{"on":["connection"],"attempts":2,"backoffMs":{"min":1,"max":5}}`)))
	config.Targets["shop"] = []string{gone.URL, server.URL}
	final := play(t, config)
	equalEnds(t, final, map[string]int64{"completed": 10})
	equal(t, "refused", final.Errors["request pay: connection refused"], 5)
}

func TestAConnectionIsKeptBetweenRequests(t *testing.T) {
	server := openShop(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	think := `{"name":"think","do":"think","time":{"kind":"constant","ms":20}}`
	final := play(t, journeyConfig(10, 500, server.URL, oneJourney(request("a", "GET", "/", `"200":"next"`, ""), think,
		request("b", "POST", "/", `"200":"next"`, `"body":{}`), request("c", "DELETE", "/", `"200":"next"`, ""))))
	equalEnds(t, final, map[string]int64{"completed": 10})
	equal(t, "connections", server.connections.Load(), 10)
}

func TestTheEndOfAKeptConnectionIsNoFailure(t *testing.T) {
	for what, server := range map[string]*rawServer{
		"told":     serve(t, func(v *visit) { v.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}") }),
		"silently": serve(t, func(v *visit) { v.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") }),
		"by the end of the body": serve(t, func(v *visit) {
			v.say("HTTP/1.0 200 OK\r\n\r\n{\"a\":")
			time.Sleep(5 * time.Millisecond)
			v.say("1}")
		}),
		"after one more": serve(t, func(v *visit) {
			v.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			// The second request comes, and the server closes: a race that a client cannot see beforehand.
			if v.n%2 == 0 {
				_, _ = http.ReadRequest(bufio.NewReader(v))
				v.reset()
			}
		}),
	} {
		t.Run(what, func(t *testing.T) {
			think := `{"name":"think","do":"think","time":{"kind":"constant","ms":20}}`
			final := play(t, journeyConfig(10, 500, server.url, oneJourney(request("a", "GET", "/", `"200":"next"`, `"capture":{"all":"$"}`), think,
				request("b", "POST", "/", `"200":"next"`, `"headers":{"Idempotency-Key":"{key:b}"}`))))
			equalEnds(t, final, map[string]int64{"completed": 10})
			if what != "after one more" {
				equal(t, "connections", server.count(), 20)
			}
		})
	}
}

func TestARequestThatMayNotBeRepeatedIsNot(t *testing.T) {
	var posts atomic.Int64
	server := serve(t, func(v *visit) {
		v.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		if second, err := http.ReadRequest(bufio.NewReader(v)); err == nil && second.Method == "POST" {
			posts.Add(1)
			v.reset()
		}
	})
	final := play(t, journeyConfig(5, 400, server.url, oneJourney(request("a", "GET", "/", `"200":"next"`, ""),
		request("b", "POST", "/", `"200":"next","connection":{"end":"rejected","cause":"unknown"}`, ""))))
	equalEnds(t, final, map[string]int64{"rejected: unknown": 5})
	equal(t, "posts", posts.Load(), 5)
}

func TestARedirectOfARequestIsAnAnswer(t *testing.T) {
	server := openShop(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			t.Error("the redirect was followed")
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(302)
	})
	final := play(t, journeyConfig(2, 300, server.URL, oneJourney(request("a", "GET", "/", `"3xx":"next"`, `"capture":{"to":"header:Location"}`))))
	equalEnds(t, final, map[string]int64{"completed": 2})
}

func TestAStreamIsAnAnswerToARequestOnceItIsAccepted(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header + goal(1))
		v.stay()
	})
	final := play(t, journeyConfig(2, 300, server.url, oneJourney(request("a", "GET", "/", `"200":{"end":"failed","cause":"let in"}`, ""))))
	equalEnds(t, final, map[string]int64{"failed: let in": 2})
}

func TestLatencyCountsFromWhenAStepIsDue(t *testing.T) {
	server := openShop(t, func(http.ResponseWriter, *http.Request) { time.Sleep(60 * time.Millisecond) })
	config := journeyConfig(5, 600, server.URL, oneJourney(`{"name":"think","do":"think","time":{"kind":"constant","ms":100}}`,
		request("a", "GET", "/", `"200":"next"`, "")))
	config.Phases = []crowd.Phase{{Name: "arrive", ToMs: 60}, {Name: "baseline", FromMs: 60, ToMs: 600}}
	control := conduct(t)
	play(t, control.of(config))
	asked, walked := control.histogram(t, "request{step=a}@baseline"), control.histogram(t, "journey@arrive")
	equal(t, "requests due in the baseline", asked.TotalCount(), 5)
	equal(t, "journeys planned in the arrival", walked.TotalCount(), 5)
	within(t, "a request", asked.Min(), 59, 110)
	within(t, "a journey", walked.Min(), 158, 260)
}

func TestAShareGivesUpAndTheSameSeedWalksTheSameWay(t *testing.T) {
	const clients, share = 2000, 0.3
	run := func() int64 {
		config := journeyConfig(clients, 300, "http://127.0.0.1:9", oneJourney(
			`{"name":"think","do":"think","time":{"kind":"lognormal","medianMs":20,"sigma":0.5,"maxMs":60},"abandon":{"share":0.3,"cause":"no patience"}}`))
		final := play(t, config)
		abandoned := final.Journeys["buy"]["abandoned: no patience"]
		equal(t, "all", abandoned+final.Journeys["buy"]["completed"], clients)
		return abandoned
	}
	first := run()
	// Four standard deviations of the binomial.
	if off := math.Abs(float64(first) - clients*share); off > 4*math.Sqrt(clients*share*(1-share)) {
		t.Errorf("%d of %d gave up", first, clients)
	}
	equal(t, "those who give up the second time", run(), first)
}

func TestSharesOfJourneys(t *testing.T) {
	config := journeyConfig(1000, 200, "http://127.0.0.1:9",
		`"id":"many","share":0.9,"steps":[{"name":"e","do":"end","end":"completed","cause":""}]`,
		`"id":"bots","share":0.1,"steps":[{"name":"e","do":"end","end":"rejected","cause":"bot"}]`)
	final := play(t, config)
	if bots := final.Journeys["bots"]["rejected: bot"]; bots < 98 || bots > 102 || final.Journeys["many"]["completed"] != 1000-bots {
		t.Errorf("ends are %v", final.Journeys)
	}
}

func TestJourneyProblemsAreToldBeforeAnythingStarts(t *testing.T) {
	config := journeyConfig(1, 200, "ftp://x", oneJourney(request("pay", "POST", "/{hold}", `"200":{"step":"nowhere"}`, "")))
	_, err := Run(t.Context(), config, Options{})
	if CodeOf(err) != "CROWD_CONFIG_INVALID" {
		t.Fatalf("error is %v", err)
	}
	for _, part := range []string{`targets.shop: "ftp://x"`, `journey "buy", step "pay": on.200 leads to step "nowhere"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s is not told: %v", part, err)
		}
	}
}
