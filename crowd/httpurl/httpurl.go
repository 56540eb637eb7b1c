// Package httpurl reads http and https URLs as browsers do (WHATWG URL), and gives them the form in which they go on the
// wire: percent-encoded, the host in ASCII and lower case, without the scheme's own port, without a fragment.
package httpurl

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// ErrScheme: it is a URL of another scheme than http and https, or none.
var ErrScheme = errors.New("it is no http or https URL")

// Parse reads an absolute URL. What a browser would mend, and Go's parser refuses, is mended before: spaces, umlauts,
// backslashes, a % that encodes nothing.
func Parse(text string) (*url.URL, error) {
	u, err := url.Parse(mend(text))
	if err != nil {
		return nil, reasonOf(err)
	}
	return canonical(u)
}

// Resolve reads a reference (a Location) that stands in an answer from base.
func Resolve(base *url.URL, reference string) (*url.URL, error) {
	u, err := base.Parse(mend(reference))
	if err != nil {
		return nil, reasonOf(err)
	}
	return canonical(u)
}

// Split gives the path and the query of a reference without scheme and host, encoded.
func Split(reference string) (path, query string) {
	path, query, _ = strings.Cut(mend(reference), "?")
	return path, query
}

// Join puts the queries of two references together.
func Join(query, more string) string {
	if query == "" || more == "" {
		return query + more
	}
	return query + "&" + more
}

// Basic is the Authorization that a URL's user and password stand for (RFC 7617); empty where it names none.
func Basic(user *url.Userinfo) string {
	if user == nil || user.String() == "" {
		return ""
	}
	password, _ := user.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password))
}

// HasControl finds the characters that no URL and no header may be given with.
func HasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// mend percent-encodes what may not stand in a URL, and leaves out what does not go on the wire.
func mend(text string) string {
	text = strings.Trim(text, blanks)
	text, _, _ = strings.Cut(text, "#")
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	inQuery := false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\t' || c == '\r' || c == '\n':
			// A browser drops them wherever they stand.
		case c == '\\' && !inQuery:
			b.WriteByte('/')
		case c == '%' && !isEncoded(text[i:]):
			b.WriteString("%25")
		case c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 || c == '\'' && inQuery:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		default:
			inQuery = inQuery || c == '?'
			b.WriteByte(c)
		}
	}
	return b.String()
}

// blanks are the C0 controls and the space, which a browser takes off at both ends.
const blanks = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\f\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f "

func isEncoded(text string) bool {
	if len(text) < 3 {
		return false
	}
	_, err := strconv.ParseUint(text[1:3], 16, 8)
	return err == nil && text[1] != '+' && text[1] != '-'
}

// canonical checks a URL and gives it the one form that origins are compared in.
func canonical(u *url.URL) (*url.URL, error) {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, ErrScheme
	}
	host, err := hostOf(u.Hostname())
	if err != nil {
		return nil, err
	}
	port, err := portOf(u.Port())
	if err != nil {
		return nil, err
	}
	fresh := *u
	fresh.Host = host
	if strings.Contains(host, ":") {
		fresh.Host = "[" + host + "]"
	}
	if port != 0 && port != ownPort(u.Scheme) {
		fresh.Host = net.JoinHostPort(host, strconv.Itoa(int(port)))
	}
	fresh.Fragment, fresh.RawFragment = "", ""
	return &fresh, nil
}

// Port is the one that a URL of this package is reached at.
func Port(u *url.URL) uint16 {
	if port, err := portOf(u.Port()); err == nil && port != 0 {
		return port
	}
	return ownPort(u.Scheme)
}

func ownPort(scheme string) uint16 {
	if scheme == "https" {
		return 443
	}
	return 80
}

// profile maps as browsers do (UTS 46, without the rules that forbid underscores).
var profile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

func hostOf(name string) (string, error) {
	if ip, err := netip.ParseAddr(name); err == nil {
		if ip.Zone() != "" {
			return "", fmt.Errorf("the host %q has an IPv6 zone, which a URL cannot name", name)
		}
		return ip.String(), nil
	}
	if name == "" || strings.Contains(name, ":") || strings.ContainsAny(name, " /?#@%\\") {
		return "", fmt.Errorf("%q is no host", name)
	}
	if !strings.ContainsFunc(name, func(r rune) bool { return r >= 0x80 }) {
		return strings.ToLower(name), nil
	}
	ascii, err := profile.ToASCII(name)
	if err != nil || ascii == "" {
		return "", fmt.Errorf("the host %q has no form in ASCII", name)
	}
	return ascii, nil
}

func portOf(text string) (uint16, error) {
	if text == "" {
		return 0, nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("%q is no port", text)
	}
	return uint16(port), nil
}

// reasonOf leaves the URL out of an error, for it may hold a password.
func reasonOf(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
