package engine

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func movedTo(code int, location string) string {
	return fmt.Sprintf("HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 4\r\n\r\nbody", code, location)
}

// streams is a server that gives a stream at every path.
func streams(t *testing.T) *rawServer {
	return serve(t, func(v *visit) {
		v.say(header + snapshotFrame(0))
		v.stay()
	})
}

func (s *rawServer) targets() (targets []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, request := range s.requests {
		targets = append(targets, request.RequestURI)
	}
	return targets
}

func theOnly(t *testing.T, s *rawServer) *http.Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.requests) != 1 {
		t.Fatalf("%d requests; one is right", len(s.requests))
	}
	return s.requests[0]
}

var secrets = map[string]string{"Authorization": "Bearer secret", "Cookie": "session=abc", "X-Api-Key": "k1",
	"Proxy-Authorization": "Basic x", "Host": "live.example.com", "Accept": "text/event-stream, */*;q=0.1"}

func TestARedirectTakesNothingOfTheUsersToAnotherOrigin(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			other := streams(t)
			server := serve(t, func(v *visit) { v.say(movedTo(code, other.url+"/there?a=1")) })
			config := configFor(1, 250, strings.Replace(server.url, "http://", "http://user:pass@", 1))
			config.Target.Headers = map[string]string{"Last-Event-ID": "40"}
			for name, value := range secrets {
				config.Target.Headers[name] = value
			}
			final := play(t, config)
			equal(t, "connected", final.Connected, 1)
			first, second := theOnly(t, server), theOnly(t, other)
			equal(t, "host of the first", first.Host, "live.example.com")
			equal(t, "host of the second", second.Host, strings.TrimPrefix(other.url, "http://"))
			equal(t, "method", second.Method, "GET")
			equal(t, "target", second.RequestURI, "/there?a=1")
			want := http.Header{"Accept": {"text/event-stream"}, "Cache-Control": {"no-cache"}, "Last-Event-Id": {"40"}}
			equal(t, "headers of the second", fmt.Sprint(second.Header), fmt.Sprint(want))
		})
	}
}

func TestHeadersAreForAllEdges(t *testing.T) {
	other := streams(t)
	var away *rawServer
	server := serve(t, func(v *visit) {
		if v.request.URL.Path == "/back" {
			v.say(header + snapshotFrame(0))
			v.stay()
		}
		v.say(movedTo(307, away.url+"/away"))
	})
	away = serve(t, func(v *visit) { v.say(movedTo(307, server.url+"/back")) })
	config := configFor(1, 250, server.url, other.url)
	config.Target.Headers = map[string]string{"Authorization": "Bearer secret"}
	play(t, config)
	equal(t, "asked at home", server.requests[0].Header.Get("Authorization"), "Bearer secret")
	equal(t, "asked elsewhere", theOnly(t, away).Header.Get("Authorization"), "")
	// What was left behind does not come back: the way was not the user's.
	equal(t, "asked at home again", server.requests[1].Header.Get("Authorization"), "")

	edge := serve(t, func(v *visit) { v.say(movedTo(307, other.url+"/x")) })
	config = configFor(1, 250, edge.url, strings.Replace(other.url, "http://", "http://b:2@", 1))
	config.Target.Headers = map[string]string{"X-Api-Key": "k1"}
	play(t, config)
	request := theOnly(t, other)
	equal(t, "at another edge", request.Header.Get("X-Api-Key"), "k1")
	equal(t, "with that edge's own user", request.Header.Get("Authorization"), "Basic Yjoy")
}

func TestLocations(t *testing.T) {
	for _, one := range []struct{ location, want string }{
		{"../next/a b/ü?q=ü x#part", "/next/a%20b/%C3%BC?q=%C3%BC%20x"},
		{"?t=1", "/events/test?t=1"},
		{"//{host}/x?a=1#f", "/x?a=1"},
		{"http://{host}/a%20b?c=%C3%BC", "/a%20b?c=%C3%BC"},
	} {
		t.Run(one.location, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) {
				if v.n == 0 {
					v.say(movedTo(302, strings.Replace(one.location, "{host}", v.LocalAddr().String(), 1)))
					return
				}
				v.say(header)
				v.stay()
			})
			config := configFor(1, 250, server.url)
			config.Target.Path += "#here"
			config.Target.Headers = map[string]string{"X-Api-Key": "k1"}
			play(t, config)
			if got := server.targets(); !slices.Equal(got, []string{"/events/test", one.want}) {
				t.Fatalf("asked for %q", got)
			}
			equal(t, "header of the second", server.requests[1].Header.Get("X-Api-Key"), "k1")
		})
	}
}

func TestRedirectsThatEndIt(t *testing.T) {
	other := streams(t)
	for _, one := range []struct {
		name, answer, cause string
		requests            int
	}{
		{"no location", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "response: status 302 without a Location", 1},
		{"empty location", "HTTP/1.1 308 Moved\r\nLocation:\r\nContent-Length: 0\r\n\r\n", "response: status 308 without a Location", 1},
		{"another scheme", movedTo(301, "ftp://127.0.0.1/x"), "response: redirect to what cannot be followed: it is no http or https URL", 1},
		{"no host", movedTo(301, "http:///x"), "response: redirect to what cannot be followed: it is no http or https URL", 1},
		{"a user elsewhere", movedTo(301, strings.Replace(other.url, "//", "//a:b@", 1)),
			"response: redirect to what cannot be followed: another origin, with a user in its URL", 1},
		{"a loop", movedTo(301, "/again"), "response: more than 20 redirects", 21},
		{"300", "HTTP/1.1 300 Choose\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "response: status 300", 1},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) { v.say(one.answer) })
			final := play(t, configFor(1, 400, server.url))
			equal(t, "requests", server.count(), one.requests)
			equal(t, one.cause, final.Errors[one.cause], 1)
			equal(t, "connect errors", final.Counters.ConnectErrors, 1)
		})
	}
	equal(t, "requests elsewhere", other.count(), 0)
}

func TestTwentyRedirectsAreFollowed(t *testing.T) {
	server := serve(t, func(v *visit) {
		if v.n == 20 {
			v.say(header)
			v.stay()
		}
		v.say(movedTo(307, fmt.Sprintf("/hop/%d", v.n+1)))
	})
	final := play(t, configFor(1, 500, server.url))
	equal(t, "connected", final.Connected, 1)
	equal(t, "requests", server.count(), 21)
}

func TestARedirectFromPlainToTLSAndBack(t *testing.T) {
	last := streams(t)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Api-Key") != "" {
			t.Error("another scheme is another origin")
		}
		http.Redirect(w, r, last.url+"/last", http.StatusFound)
	}))
	t.Cleanup(secure.Close)
	server := serve(t, func(v *visit) { v.say(movedTo(302, secure.URL+"/secure")) })
	config := configFor(2, 500, server.url)
	config.Target.InsecureTLS = true
	config.Target.Headers = map[string]string{"X-Api-Key": "k1"}
	final := play(t, config)
	equal(t, "connected", final.Connected, 2)
	equal(t, "errors", final.Counters.ConnectErrors, 0)
}

func TestARedirectIsRelativeToWhatTheClientAskedFor(t *testing.T) {
	server := serve(t, func(v *visit) {
		if strings.Contains(v.request.RequestURI, "t=1") {
			v.say(header)
			v.stay()
		}
		v.say(movedTo(307, "?t=1"))
	})
	config := configFor(2, 250, server.url)
	config.Target.Path = "/fans/{client}"
	play(t, config)
	got := server.targets()
	slices.Sort(got)
	if want := []string{"/fans/0", "/fans/0?t=1", "/fans/1", "/fans/1?t=1"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q", got)
	}
}
