package engine

import (
	"net/http"
	"net/http/cookiejar"
	"strings"

	"github.com/matchday/crowd/http1"
)

// keepCookies keeps what an answer sets, for the client that got it. Only who was given a cookie has a jar.
func (s *shard) keepCookies(c *client, from *origin, target, setCookies string) {
	if setCookies == "" {
		return
	}
	u, err := from.url(target)
	if err != nil {
		return
	}
	var cookies []*http.Cookie
	for line := range strings.Lines(setCookies) {
		if cookie, err := http.ParseSetCookie(strings.TrimSuffix(line, "\n")); err == nil {
			cookies = append(cookies, cookie)
		}
	}
	if c.jar == nil {
		// It fails only where options ask for what it cannot do.
		c.jar, _ = cookiejar.New(nil)
	}
	c.jar.SetCookies(u, cookies)
}

// withCookies adds those that a client keeps for a request to the user's own; a kept one counts before a user's of its name.
func (s *shard) withCookies(c *client, to *origin, target string, headers []http1.Header) []http1.Header {
	if c.jar == nil {
		return headers
	}
	u, err := to.url(target)
	if err != nil {
		return headers
	}
	kept := c.jar.Cookies(u)
	if len(kept) == 0 {
		return headers
	}
	var pairs []string
	given, at := headerOf(headers, "Cookie")
	for pair := range strings.SplitSeq(given, ";") {
		pair = strings.TrimSpace(pair)
		name, _, _ := strings.Cut(pair, "=")
		isKept := func() bool {
			for _, cookie := range kept {
				if cookie.Name == name {
					return true
				}
			}
			return false
		}
		if pair != "" && !isKept() {
			pairs = append(pairs, pair)
		}
	}
	for _, cookie := range kept {
		pairs = append(pairs, (&http.Cookie{Name: cookie.Name, Value: cookie.Value, Quoted: cookie.Quoted}).String())
	}
	all := http1.Header{Name: "Cookie", Value: strings.Join(pairs, "; ")}
	if at < 0 {
		return s.with(headers, all)
	}
	s.headers = append(s.headers[:0], headers...)
	s.headers[at] = all
	return s.headers
}
