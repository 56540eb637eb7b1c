package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestGuarded(t *testing.T) {
	inside := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	handler := guarded(inside, "matchday", "a long password")
	cases := []struct {
		name, method, path, user, password string
		want                               int
	}{
		{"the version, without", "GET", "/version", "", "", 204},
		{"an order to the version's path", "POST", "/version", "", "", 401},
		{"the version's path by another name", "GET", "/version/", "", "", 401},
		{"without", "GET", "/proxies", "", "", 401},
		{"another user", "GET", "/proxies", "admin", "a long password", 401},
		{"another password", "GET", "/proxies", "matchday", "a long passwore", 401},
		{"a shorter one", "GET", "/proxies", "matchday", "a", 401},
		{"ours", "POST", "/reset", "matchday", "a long password", 204},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			request := httptest.NewRequest(c.method, c.path, nil)
			if c.user != "" {
				request.SetBasicAuth(c.user, c.password)
			}
			response := httptest.NewRecorder()
			handler.ServeHTTP(response, request)
			if response.Code != c.want {
				t.Errorf("got %d, want %d", response.Code, c.want)
			}
		})
	}
}

func TestNoPasswordNoServer(t *testing.T) {
	for _, password := range []string{"", "short"} {
		t.Setenv("TOXIPROXY_PASSWORD", password)
		if run() == nil {
			t.Errorf("it runs with the password %q", password)
		}
	}
}
