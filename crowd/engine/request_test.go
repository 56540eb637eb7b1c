package engine

import (
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	crowd "github.com/matchday/crowd"
)

func TestWhatATargetsURLSays(t *testing.T) {
	for _, one := range []struct {
		name, base, path, target, authorization string
		headers                                 map[string]string
	}{
		{name: "user", base: "http://us%40er:p%3Ass@{host}", path: "/x", target: "/x", authorization: "Basic dXNAZXI6cDpzcw=="},
		{name: "an explicit header wins", base: "http://user:pass@{host}", path: "/x", target: "/x", authorization: "Bearer b",
			headers: map[string]string{"authorization": "Bearer b"}},
		{name: "query", base: "http://{host}/base/?token=abc", path: "/x?y=1", target: "/base/x?token=abc&y=1"},
		{name: "query of the base alone", base: "http://{host}?token=abc", path: "/x", target: "/x?token=abc"},
		{name: "fragments", base: "http://{host}/b#f", path: "/x?y=1#g", target: "/b/x?y=1"},
		{name: "encoding", base: "http://{host}/ä b", path: "/{match}/{client}?q=a b&x=ü&p={client}&e=%2F", target: "/%C3%A4%20b/m%2F%201/0?q=a%20b&x=%C3%BC&p=0&e=%2F"},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			server := streams(t)
			config := configFor(1, 200, strings.Replace(one.base, "{host}", strings.TrimPrefix(server.url, "http://"), 1))
			config.Target.Path, config.Target.Headers = one.path, one.headers
			config.Streams[0].Match = "m/ 1"
			play(t, config)
			request := theOnly(t, server)
			equal(t, "target", request.RequestURI, one.target)
			equal(t, "authorization", strings.Join(request.Header["Authorization"], " and "), one.authorization)
			equal(t, "host", request.Host, strings.TrimPrefix(server.url, "http://"))
			equal(t, "encodings asked for", len(request.Header["Accept-Encoding"]), 0)
		})
	}
}

func TestEachHeaderOnce(t *testing.T) {
	server := streams(t)
	config := configFor(1, 200, server.url)
	config.Target.Headers = map[string]string{"accept": "*/*", "CACHE-CONTROL": "no-store", "host": "live.example.com:1", "connection": "keep-alive"}
	play(t, config)
	request := theOnly(t, server)
	equal(t, "host", request.Host, "live.example.com:1")
	for name, want := range map[string]string{"Accept": "*/*", "Cache-Control": "no-store", "Connection": "keep-alive"} {
		equal(t, name, strings.Join(request.Header[name], " and "), want)
	}
}

func TestLastEventIDOfTheUser(t *testing.T) {
	for _, one := range []struct {
		name, event string
		want        []string
	}{
		{"until the stream names one", "id: 41\ndata: x\n\n", []string{"40", "41"}},
		{"as long as the stream names none", "data: x\n\n", []string{"40", "40"}},
		{"not where the stream says that there is none", "id:\ndata: x\n\n", []string{"40", ""}},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(v *visit) {
				v.say(header)
				if v.n == 0 {
					v.say(one.event)
					return
				}
				v.stay()
			})
			config := configFor(1, 300, server.url)
			config.Target.Headers = map[string]string{"last-event-id": "40", "X-Fan": "{client}"}
			play(t, config)
			var got []string
			for _, request := range server.requests {
				got = append(got, strings.Join(request.Header["Last-Event-Id"], " and "))
			}
			if !slices.Equal(got, one.want) {
				t.Errorf("Last-Event-ID was %q; %q is right", got, one.want)
			}
		})
	}
}

func TestWhatCannotBeAskedIsRefusedBeforeAnythingStarts(t *testing.T) {
	for _, one := range []struct {
		change func(*crowd.Config)
		want   string
	}{
		{func(c *crowd.Config) { c.Target.Edges[0] = "http://h:99999" }, `"99999" is no port`},
		{func(c *crowd.Config) { c.Target.Edges[0] = "ftp://h" }, "it is no http or https URL"},
		{func(c *crowd.Config) { c.Target.Edges[0] = "http://h/\r\nX: 1" }, "it has a control character"},
		{func(c *crowd.Config) { c.Target.Edges[0] = "http://[fe80::1%25lo]/" }, "has an IPv6 zone"},
		{func(c *crowd.Config) { c.Target.Path = "/a\nb" }, "has a control character"},
		{func(c *crowd.Config) { c.Target.Headers = map[string]string{"X": "a\r\nEvil: 1"} }, `"X" has a control character`},
		{func(c *crowd.Config) { c.Target.Headers = map[string]string{"X-A": "1", "x-a": "2"} }, "X-A and x-a are one header"},
		{func(c *crowd.Config) { c.Target.Headers = map[string]string{"Content-Length": "5"} }, `"Content-Length" would change how a request is framed`},
		{func(c *crowd.Config) {
			c.Target.Headers = map[string]string{"X": "{match}"}
			c.Streams[0].Match = "a\nb"
		}, "has a control character, which the header X cannot have"},
		{func(c *crowd.Config) { c.Target.ServerName = "https://h" }, "serverName"},
		{func(c *crowd.Config) { c.EventLimitBytes = -1 }, "eventLimitBytes is -1"},
		{func(c *crowd.Config) { c.SourceAddress, c.Target.Edges[0] = "127.0.0.1", "http://[::1]:80" },
			"sourceAddress 127.0.0.1 is IPv4, and no edge has such an address"},
		{func(c *crowd.Config) { c.SourceAddress, c.Target.Edges[0] = "::1", "http://127.0.0.1" }, "sourceAddress ::1 is IPv6"},
	} {
		config := configFor(1, 200, "http://127.0.0.1:1")
		equal(t, "problems before", len(Problems(config)), 0)
		one.change(config)
		if problems := strings.Join(Problems(config), "; "); !strings.Contains(problems, one.want) {
			t.Errorf("%q is told; %q is right", problems, one.want)
		}
	}
	config := configFor(1, 200, "http://user:secret@h:99999")
	if problems := strings.Join(Problems(config), "; "); strings.Contains(problems, "secret") || problems == "" {
		t.Errorf("told is %q", problems)
	}
}

func TestAnAddressThatTheSourceDoesNotReachIsSkipped(t *testing.T) {
	server := streams(t)
	config := configFor(2, 300, "http://[::1]:9", server.url)
	config.SourceAddress = "127.0.0.1"
	var told []string
	final, err := Run(t.Context(), config, Options{Log: func(line string) { told = append(told, line) }})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "connected", final.Connected, 2)
	equal(t, "cause", final.Errors["connect: ::1 has no IPv4 address, which the source 127.0.0.1 needs"], 1)
	if len(told) != 1 || !strings.HasPrefix(told[0], "SOURCE_FAMILY: addresses of ::1 are skipped") {
		t.Errorf("told is %q", told)
	}
}

func TestSpeakingToAnAddressAsAnotherHost(t *testing.T) {
	names := make(chan string, 4)
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/moved" {
			// The redirect names the host, which no resolver knows, and means this server.
			http.Redirect(w, r, "https://live.example.invalid/moved", http.StatusTemporaryRedirect)
			return
		}
		names <- r.TLS.ServerName + " " + r.Host + " " + r.Header.Get("Authorization")
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	secure.StartTLS()
	t.Cleanup(secure.Close)
	config := configFor(1, 400, secure.URL)
	config.Target.InsecureTLS = true
	config.Target.ServerName = "Live.example.invalid"
	config.Target.Headers = map[string]string{"Authorization": "Bearer b"}
	final := play(t, config)
	equal(t, "connected", final.Connected, 1)
	equal(t, "name, host and header", <-names, "live.example.invalid live.example.invalid Bearer b")
}

func TestAnAddressOfIPv6(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6")
	}
	hosts := make(chan string, 1)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts <- r.Host
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	equal(t, "connected", play(t, configFor(1, 200, "http://"+listener.Addr().String())).Connected, 1)
	equal(t, "host", <-hosts, listener.Addr().String())
}

func TestCookiesAreKeptWhereAsked(t *testing.T) {
	for _, asked := range []bool{true, false} {
		server := serve(t, func(v *visit) {
			switch v.n {
			case 0:
				v.say("HTTP/1.1 307 Moved\r\nSet-Cookie: node=a; Path=/\r\nSet-Cookie: other=1; Path=/elsewhere\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
			case 1:
				v.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nSet-Cookie: node=b; Path=/\r\n\r\n")
			default:
				v.say("HTTP/1.1 503 Busy\r\nSet-Cookie: node=; Max-Age=0; Path=/\r\nSet-Cookie: session=new; Path=/\r\nContent-Length: 0\r\n\r\n")
			}
		})
		config := configFor(1, 190, server.url)
		config.Cookies = asked
		config.Reconnect = crowd.Reconnect{MinMs: 50, MaxMs: 50}
		config.Target.Headers = map[string]string{"Cookie": "session=abc; lang=de"}
		play(t, config)
		var got []string
		for _, request := range server.requests[:4] {
			got = append(got, strings.Join(request.Header["Cookie"], " and "))
		}
		want := []string{"session=abc; lang=de", "session=abc; lang=de; node=a", "session=abc; lang=de; node=b", "lang=de; session=new"}
		if !asked {
			want = []string{want[0], want[0], want[0], want[0]}
		}
		if !slices.Equal(got, want) {
			t.Errorf("asked %v: cookies were %q; %q is right", asked, got, want)
		}
	}
}
