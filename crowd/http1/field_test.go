package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"
)

func TestFieldOf(t *testing.T) {
	head := []byte("HTTP/1.1 103 Early Hints\r\nLocation: /early\r\n\r\nHTTP/1.1 201 Created\r\nX-A: 1\r\nlocation:  /holds/7 \r\nLocation: /second\r\n\r\n")
	if value, found := FieldOf(head, "Location"); !found || value != "/holds/7" {
		t.Errorf("Location is %q, %v", value, found)
	}
	if _, found := FieldOf(head, "X-B"); found {
		t.Error("a field is found that is not there")
	}
}

func TestAppendCall(t *testing.T) {
	for _, body := range [][]byte{nil, []byte(`{"a":1}`)} {
		b := AppendCall(nil, "POST", "a:1", []byte("/x?y=1"), []Header{{"X-A", "b\r\nEvil: 1"}, {"accept", "*/*"}}, body)
		request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(b)))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(request.Body)
		if request.Method != "POST" || request.Host != "a:1" || request.URL.RequestURI() != "/x?y=1" || string(got) != string(body) ||
			request.Header.Get("X-A") != "bEvil: 1" || request.Header.Get("Evil") != "" || len(request.Header["Accept"]) != 1 ||
			(body != nil) != (request.Header.Get("Content-Type") == "application/json") {
			t.Errorf("%q is read as %+v with %q", b, request, got)
		}
	}
}
