package engine

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	crowd "github.com/matchday/crowd"
)

func frame(event, data string) string { return "event: " + event + "\ndata: " + data + "\n\n" }

// queueStep opens a queue that says `joined` with a ticket, and tells positions.
const queueStep = `{"name":"join","do":"stream","target":"shop","path":"/queue?buyer={client}&ticket={ticket}",
	"headers":{"X-Challenge":"{hash:presale:[client]}"},"on":{"403":{"end":"rejected","cause":"challenge"}},
	"listen":[{"event":"joined","capture":{"ticket":"$.ticket"}},{"event":"position","age":{"path":"$.asOfUs","measure":"position_age"}}]}`

func waitStep(timeoutMs int) string {
	return fmt.Sprintf(`{"name":"admission","do":"wait","timeoutMs":%d,"onTimeout":{"end":"abandoned","cause":"too long"},
		"for":[{"event":"admitted","where":{"$.for":"{client}"},"capture":{"admission":"$.admission"}},{"event":"sold-out","next":{"end":"rejected","cause":"sold out"}}]}`, timeoutMs)
}

func clientOf(r *http.Request) (client int) {
	fmt.Sscanf(r.URL.Query().Get("buyer"), "%d", &client)
	return client
}

func TestWaitsForTheEventThatIsMeant(t *testing.T) {
	server := serve(t, func(v *visit) {
		client := clientOf(v.request)
		v.say(header + frame("joined", fmt.Sprintf(`{"ticket":"t%d"}`, client)))
		v.say(frame("position", fmt.Sprintf(`{"position":3,"asOfUs":%d}`, nowUs()-7000)))
		time.Sleep(100 * time.Millisecond)
		// Another client's comes first.
		v.say(frame("admitted", `{"for":999,"admission":"no"}`))
		switch client % 3 {
		case 0:
			v.say(frame("admitted", fmt.Sprintf(`{"for":%d,"admission":"a%d"}`, client, client)))
		case 1:
			v.say(frame("sold-out", `{}`))
		}
		v.stay()
	})
	config := withHistory(t, journeyConfig(30, 800, server.url, oneJourney(queueStep, waitStep(300))))
	control := conduct(t)
	final := play(t, control.of(config))
	equalEnds(t, final, map[string]int64{"completed": 10, "rejected: sold out": 10, "abandoned: too long": 10})
	equal(t, "connected", final.Connected, 30)
	equal(t, "streams opened", control.histogram(t, "request{step=join}").TotalCount(), 30)
	equal(t, "connects", control.histogram(t, "connect@").TotalCount(), 30)
	waited := control.histogram(t, "wait{step=admission}")
	equal(t, "events waited for", waited.TotalCount(), 20)
	within(t, "a wait", waited.Min(), 80, 200)
	ages := control.histogram(t, "position_age@")
	equal(t, "ages", ages.TotalCount(), 30)
	within(t, "an age", ages.Min(), 7, 60)
	equal(t, "disconnects", final.Counters.Disconnects, 0)
	for _, interval := range control.intervals {
		if interval.Counters.Planned == 0 {
			equal(t, "open at the end", interval.Counters.Open, 0)
		}
	}
	for _, entry := range historyOf(t, config) {
		if entry.Type == "end" && entry.End == "completed" {
			equal(t, "captured", string(entry.Values["admission"])+string(entry.Values["ticket"]), fmt.Sprintf(`"a%d""t%d"`, entry.Client, entry.Client))
		}
	}
}

func TestWhatComesBeforeItIsWaitedForIsNotLost(t *testing.T) {
	server := serve(t, func(v *visit) {
		v.say(header + frame("admitted", fmt.Sprintf(`{"for":%d,"admission":"a"}`, clientOf(v.request))))
		v.stay()
	})
	final := play(t, journeyConfig(5, 500, server.url, oneJourney(queueStep, `{"name":"think","do":"think","time":{"kind":"constant","ms":100}}`, waitStep(200))))
	equalEnds(t, final, map[string]int64{"completed": 5})
}

func TestAnEventThatEndsTheJourneyWithinOneReadHangsUpCleanly(t *testing.T) {
	server := serve(t, func(v *visit) {
		// All in one segment: header, the event that decides, and more after it.
		v.say(header + frame("sold-out", `{}`) + frame("position", `{"asOfUs":1}`) + frame("sold-out", `{}`) + "event: half")
		v.stay()
	})
	final := play(t, journeyConfig(20, 400, server.url, oneJourney(queueStep, waitStep(300))))
	equalEnds(t, final, map[string]int64{"rejected: sold out": 20})
	equal(t, "open", final.Counters.Open, 0)
	equal(t, "disconnects", final.Counters.Disconnects, 0)
}

func TestABrokenStreamIsOpenedAgainWithWhatWasCaptured(t *testing.T) {
	server := serve(t, func(v *visit) {
		client := clientOf(v.request)
		ticket := v.request.URL.Query().Get("ticket")
		v.say(header)
		if ticket == "" {
			v.say(frame("joined", fmt.Sprintf(`{"ticket":"t%d"}`, client)))
			time.Sleep(20 * time.Millisecond)
			v.reset()
			return
		}
		if ticket == fmt.Sprintf("t%d", client) {
			v.say(frame("admitted", fmt.Sprintf(`{"for":%d,"admission":"a"}`, client)))
		}
		v.stay()
	})
	config := withHistory(t, journeyConfig(10, 600, server.url, oneJourney(queueStep, waitStep(500))))
	control := conduct(t)
	final := play(t, control.of(config))
	equalEnds(t, final, map[string]int64{"completed": 10})
	equal(t, "disconnects", final.Counters.Disconnects, 10)
	equal(t, "reconnects", final.Counters.Reconnects, 10)
	// A journey's stream does not say what was missed.
	equal(t, "resumes", final.Counters.Resumes, 0)
	equal(t, "resumes measured", control.histogram(t, "resume@").TotalCount(), 0)
	equal(t, "streams opened first", control.histogram(t, "request{step=join}").TotalCount(), 10)
	attempts := map[string]int{}
	for _, entry := range historyOf(t, config) {
		if entry.Step == "join" {
			attempts[fmt.Sprint(entry.Type, entry.Attempt)]++
		}
	}
	equal(t, "history", fmt.Sprint(attempts), "map[invoke1:10 invoke2:10 ok1:10 ok2:10]")
}

func TestAClientWhoseStreamBreaksGoesOnActing(t *testing.T) {
	server := serve(t, func(v *visit) {
		if strings.HasPrefix(v.request.URL.Path, "/queue") {
			v.say(header)
			time.Sleep(10 * time.Millisecond)
			v.reset()
			return
		}
		time.Sleep(150 * time.Millisecond)
		v.say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
		v.stay()
	})
	final := play(t, journeyConfig(5, 600, server.url, oneJourney(queueStep, request("pay", "POST", "/pay", `"201":"next"`, ""))))
	equalEnds(t, final, map[string]int64{"completed": 5})
	if final.Counters.Disconnects < 10 {
		t.Errorf("%d disconnects", final.Counters.Disconnects)
	}
}

func TestAStatusOfAStreamEndsTheJourneyAndOthersAreTriedAgain(t *testing.T) {
	server := serve(t, func(v *visit) {
		switch {
		case clientOf(v.request)%2 == 0:
			v.say("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}")
		case v.n < 30:
			v.say("HTTP/1.1 425 Too Early\r\nContent-Length: 0\r\n\r\n")
		default:
			v.say(header + frame("sold-out", "{}"))
			v.stay()
		}
	})
	config := withHistory(t, journeyConfig(10, 900, server.url, oneJourney(queueStep, waitStep(800))))
	config.Reconnect = crowd.Reconnect{MinMs: 5, MaxMs: 15}
	final := play(t, config)
	equalEnds(t, final, map[string]int64{"rejected: challenge": 5, "rejected: sold out": 5})
	equal(t, "connected, or refused as they should be", final.Connected, 10)
	if final.Errors["response: status 425"] == 0 || final.Errors["response: status 403"] != 0 {
		t.Errorf("errors are %v", final.Errors)
	}
}

func TestOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/queue" {
			_, _ = w.Write([]byte("{}"))
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte(frame("admitted", fmt.Sprintf(`{"for":%d,"admission":"a"}`, clientOf(r)))))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	config := journeyConfig(10, 900, server.URL, oneJourney(queueStep, waitStep(800), request("a", "POST", "/a", `"200":"next"`, `"body":{"a":"{admission}"}`),
		request("b", "GET", "/b", `"200":"next"`, `"capture":{"all":"$"}`)))
	config.Target.InsecureTLS = true
	equalEnds(t, play(t, config), map[string]int64{"completed": 10})
}

func TestRequestsThatFollowOneAnotherAreOneTrace(t *testing.T) {
	var mu sync.Mutex
	told := map[string]bool{}
	server := serve(t, func(v *visit) {
		mu.Lock()
		told[v.request.Header.Get("traceparent")] = true
		mu.Unlock()
		if strings.HasPrefix(v.request.URL.Path, "/queue") {
			v.say(header + frame("admitted", fmt.Sprintf(`{"for":%d,"admission":"a"}`, clientOf(v.request))))
			v.stay()
		}
		v.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
	})
	config := withHistory(t, journeyConfig(3, 500, server.url, oneJourney(queueStep, waitStep(800), request("hold", "POST", "/a", `"200":"next"`, ""),
		request("pay", "POST", "/b", `"200":"next"`, ""))))
	config.Trace = &crowd.TracePlan{Share: 1}
	equalEnds(t, play(t, config), map[string]int64{"completed": 3})
	byName := map[string][]crowd.Span{}
	for _, span := range readSpans(t, config) {
		byName[span.Name] = append(byName[span.Name], span)
		if span.ParentID != "" && !told["00-"+span.TraceID+"-"+span.SpanID+"-01"] {
			t.Errorf("%s was not told to the server", span.Name)
		}
	}
	for _, name := range []string{"join", "hold", "pay", "buy"} {
		equal(t, name, len(byName[name]), 3)
	}
	for _, root := range byName["buy"] {
		children := 0
		for _, span := range append(byName["hold"], byName["pay"]...) {
			if span.TraceID == root.TraceID {
				children++
				if span.ParentID != root.SpanID || span.StartUs < root.StartUs || span.EndUs > root.EndUs || span.Attributes.Status != 200 {
					t.Errorf("%+v is not within %+v", span, root)
				}
			}
		}
		equal(t, "requests of a trace", children, 2)
	}
}

func TestJourneysBesideStreams(t *testing.T) {
	events := steady(t)
	server := openShop(t, func(http.ResponseWriter, *http.Request) {})
	config := journeyConfig(10, 500, server.URL, oneJourney(request("a", "GET", "/", `"200":"next"`, "")))
	config.Streams = []crowd.Stream{{ID: streamID, Match: "test", Share: 1}}
	config.Target = crowd.Target{Edges: []string{events.url}, Path: "/events/{match}"}
	final := play(t, config)
	equalEnds(t, final, map[string]int64{"completed": 10})
	equal(t, "on time", final.Counters.OnTime, 10)
	config.Journeys = []json.RawMessage{json.RawMessage("{" + oneJourney(queueStep) + "}")}
	if _, err := Run(t.Context(), config, Options{}); CodeOf(err) != "CROWD_CONFIG_INVALID" {
		t.Errorf("two streams for a client: %v", err)
	}
}
