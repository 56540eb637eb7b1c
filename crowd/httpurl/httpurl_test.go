package httpurl

import (
	"net/url"
	"testing"
)

func TestParseGivesTheFormOfTheWire(t *testing.T) {
	for _, one := range []struct{ text, want string }{
		{"http://h/a b/ü?q=a b&x=ü#f", "http://h/a%20b/%C3%BC?q=a%20b&x=%C3%BC"},
		{"http://h/a%20b?q=%C3%BC", "http://h/a%20b?q=%C3%BC"},
		{"http://h/a%2fb c", "http://h/a%2fb%20c"},
		{"http://h/100%/x%zz?50%", "http://h/100%25/x%25zz?50%25"},
		{`http://h/<a>"|^{}` + "`?'\"<>", "http://h/%3Ca%3E%22%7C%5E%7B%7D%60?%27%22%3C%3E"},
		{"http://h?q=1", "http://h?q=1"},
		{"HTTP://H.Example:80/x", "http://h.example/x"},
		{"https://h:443/", "https://h/"},
		{"https://h:80/", "https://h:80/"},
		{"http://h:0080/", "http://h/"},
		{"http://[::1]:8080/x", "http://[::1]:8080/x"},
		{"http://[0:0::1]/x", "http://[::1]/x"},
		{"http://bücher.example/x", "http://xn--bcher-kva.example/x"},
		{"http://FAß.example/", "http://xn--fa-hia.example/"},
		{"http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/"},
		{"http://my_service:8080/", "http://my_service:8080/"},
		{`http:\\h\a\b?c\d`, "http://h/a/b?c%5Cd"},
	} {
		u, err := Parse(one.text)
		if err != nil {
			t.Errorf("%s: %v", one.text, err)
		} else if u.String() != one.want {
			t.Errorf("%s is %s; %s is right", one.text, u, one.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "h", "/x", "ftp://h/", "http:///x", "http:x", "javascript:alert(1)", "http://h:99999/", "http://h:0/",
		"http://h:x/", "http://a:80,b:80/", "http://a b/", "http://[fe80::1%25eth0]/", "http://[::1/", "http://\u00ad/", "data:text/plain,x"} {
		if u, err := Parse(text); err == nil {
			t.Errorf("%q is taken for %s", text, u)
		}
	}
}

func TestResolve(t *testing.T) {
	base, err := Parse("http://h:8080/a/b?c=1#f")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range []struct{ reference, want string }{
		{"/next/a b/ü?q=ü x", "http://h:8080/next/a%20b/%C3%BC?q=%C3%BC%20x"},
		{"next", "http://h:8080/a/next"},
		{"../next", "http://h:8080/next"},
		{"../../../next", "http://h:8080/next"},
		{"?t=1", "http://h:8080/a/b?t=1"},
		{"#here", "http://h:8080/a/b?c=1"},
		{"//other:9/x#f", "http://other:9/x"},
		{"https://other/x", "https://other/x"},
		{`\\other\x`, "http://other/x"},
		{" /x \t", "http://h:8080/x"},
		{"/a%2Fb", "http://h:8080/a%2Fb"},
	} {
		if u, err := Resolve(base, one.reference); err != nil || u.String() != one.want {
			t.Errorf("%q leads to %v, %v; %s is right", one.reference, u, err, one.want)
		}
	}
	for _, reference := range []string{"ftp://h/", "ws://h/", "mailto:a@b", "http://", "http://h:1:2/"} {
		if u, err := Resolve(base, reference); err == nil {
			t.Errorf("%q leads to %s", reference, u)
		}
	}
}

func TestBasic(t *testing.T) {
	for _, one := range []struct{ text, want string }{
		{"http://user:pass@h/", "Basic dXNlcjpwYXNz"},
		{"http://user@h/", "Basic dXNlcjo="},
		{"http://:pass@h/", "Basic OnBhc3M="},
		{"http://us%40er:p%3Aa%25@h/", "Basic dXNAZXI6cDphJQ=="},
		{"http://ü:x@h/", "Basic w7w6eA=="},
		{"http://@h/", ""},
		{"http://h/", ""},
	} {
		u, err := Parse(one.text)
		if err != nil {
			t.Errorf("%s: %v", one.text, err)
		} else if got := Basic(u.User); got != one.want {
			t.Errorf("%s stands for %q; %q is right", one.text, got, one.want)
		}
	}
	if Basic((*url.Userinfo)(nil)) != "" {
		t.Error("no user is one")
	}
}

func TestSplitAndJoin(t *testing.T) {
	path, query := Split("/a b?q=ü&x={y}#f")
	if path != "/a%20b" || query != "q=%C3%BC&x=%7By%7D" {
		t.Errorf("got %q and %q", path, query)
	}
	for _, one := range [][3]string{{"", "", ""}, {"a=1", "", "a=1"}, {"", "b", "b"}, {"a=1", "b=2", "a=1&b=2"}} {
		if got := Join(one[0], one[1]); got != one[2] {
			t.Errorf("%q and %q are %q", one[0], one[1], got)
		}
	}
}
