package engine

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestRequestsOfAJourneyAskAsItsTargetSays(t *testing.T) {
	var asked []string
	var mu sync.Mutex
	s := openShop(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("Authorization")+" "+r.Header.Get("Cookie"))
		mu.Unlock()
		w.Header().Set("Set-Cookie", "session=s1; Path=/")
		w.Header().Set("Content-Encoding", "gzip")
		body := gzip.NewWriter(w)
		_, _ = io.WriteString(body, `{"token":"t 1"}`)
		body.Close()
	})
	config := journeyConfig(1, 500, strings.Replace(s.URL, "//", "//user:pass@", 1)+"/api?v=2", oneJourney(
		request("log-in", "POST", "/log in#form", `"200":"next"`, `"capture":{"token":"$.token"}`),
		request("read", "GET", "/x?q=ü&t={token}", `"200":{"end":"completed"}`, "")))
	config.Cookies = true
	final := play(t, config)
	equal(t, "completed", final.Counters.JourneysCompleted, 1)
	want := []string{"POST /api/log%20in?v=2 Basic dXNlcjpwYXNz ", "GET /api/x?v=2&q=%C3%BC&t=t%201 Basic dXNlcjpwYXNz session=s1"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %q; %q is right", asked, want)
	}
}

func TestAnAnswerThatCannotBeDecodedIsNamed(t *testing.T) {
	s := openShop(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "zstd")
		_, _ = io.WriteString(w, "x")
	})
	config := journeyConfig(1, 500, s.URL, oneJourney(
		request("read", "GET", "/x", `"200":{"end":"completed"}`, `"capture":{"token":"$.token"}`)))
	final := play(t, config)
	equal(t, "cause", final.Errors[`request read: content encoding "zstd" cannot be decoded`], 1)
}
