//go:build linux

// Command sse-server holds event streams as cheaply as Linux can, so that a measurement beside it is of its clients. It
// prints {"urls":[…],"control":…} once it listens.
//
//	GET  any path on one of urls      opens a stream: a snapshot, then whatever is broadcast
//	POST control/broadcast?class=goal   one event of some 200 bytes to all; answers {"clients":…,"wallUs":…,"seq":…}
//	GET  control/clients             how many streams are open
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const header = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n"

type server struct {
	stream    string
	epoll     int
	listeners map[int32]bool

	mu sync.Mutex
	// asked: the request has come, and the stream is open.
	asked   map[int32]bool
	clients int
	seq     int
}

func main() {
	stream := flag.String("stream", "match:bench", "the stream's id")
	ports := flag.Int("ports", 1, "ports to listen on: one address has 28,000 connections to each, and is slow beyond half")
	flag.Parse()
	if err := run(*stream, *ports); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(stream string, ports int) (err error) {
	s := &server{stream: stream, listeners: map[int32]bool{}, asked: map[int32]bool{}}
	if s.epoll, err = unix.EpollCreate1(0); err != nil {
		return err
	}
	var urls []string
	for range ports {
		port, err := s.listen()
		if err != nil {
			return err
		}
		urls = append(urls, fmt.Sprintf("http://127.0.0.1:%d", port))
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	http.HandleFunc("POST /broadcast", func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(s.broadcast(r.FormValue("class")))
	})
	http.HandleFunc("GET /clients", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		fmt.Fprintln(w, s.clients)
	})
	go func() { _ = http.Serve(control, nil) }()
	place := map[string]any{"urls": urls, "control": "http://" + control.Addr().String()}
	if err := json.NewEncoder(os.Stdout).Encode(place); err != nil {
		return err
	}
	return s.serve()
}

func (s *server) listen() (port int, err error) {
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	if err := unix.Listen(listener, 4096); err != nil {
		return 0, err
	}
	name, err := unix.Getsockname(listener)
	if err != nil {
		return 0, err
	}
	s.listeners[int32(listener)] = true
	return name.(*unix.SockaddrInet4).Port, s.watch(listener)
}

func (s *server) watch(fd int) error {
	return unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

func (s *server) serve() error {
	events := make([]unix.EpollEvent, 256)
	for {
		n, err := unix.EpollWait(s.epoll, events, -1)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
		s.mu.Lock()
		for _, event := range events[:max(n, 0)] {
			if s.listeners[event.Fd] {
				s.accept(int(event.Fd))
			} else {
				s.read(event.Fd)
			}
		}
		s.mu.Unlock()
	}
}

func (s *server) accept(listener int) {
	for range 64 {
		fd, _, err := unix.Accept4(listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return
		}
		_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if s.watch(fd) != nil {
			unix.Close(fd)
			continue
		}
		s.asked[int32(fd)] = false
	}
}

func (s *server) read(fd int32) {
	var request [4096]byte
	n, err := unix.Read(int(fd), request[:])
	switch {
	case err != nil && errors.Is(err, unix.EAGAIN):
	case err != nil || n == 0:
		if s.asked[fd] {
			s.clients--
		}
		delete(s.asked, fd)
		unix.Close(int(fd))
	case !s.asked[fd]:
		s.asked[fd] = true
		s.clients++
		snapshot := fmt.Sprintf(`id: %d`+"\nevent: snapshot\ndata: "+
			`{"v":1,"stream":%q,"seq":%d,"class":"snapshot","publishedAtUs":%d,"state":[],"odds":null}`+"\n\n",
			s.seq, s.stream, s.seq, time.Now().UnixMicro())
		_, _ = unix.Write(int(fd), []byte(header+snapshot))
	}
}

type broadcasted struct {
	Clients int   `json:"clients"`
	WallUs  int64 `json:"wallUs"`
	Seq     int   `json:"seq"`
}

func (s *server) broadcast(class string) broadcasted {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq++
	event := `{"type":"ODDS","home":2.1,"draw":3.3,"away":3.6}`
	if class != "odds" {
		class = "goal"
		event = fmt.Sprintf(`{"type":"GOAL","factId":"g%d","version":1,"team":"home","minute":%d,"player":"Ito"}`, s.seq, s.seq)
	}
	from := time.Now()
	frame := fmt.Appendf(nil, "id: %d\nevent: %s\ndata: {\"v\":1,\"stream\":%q,\"seq\":%d,\"class\":%q,\"sourceAtUs\":%d,\"publishedAtUs\":%d,\"event\":%s}\n\n",
		s.seq, class, s.stream, s.seq, class, from.UnixMicro(), from.UnixMicro(), event)
	for fd, open := range s.asked {
		if open {
			_, _ = unix.Write(int(fd), frame)
		}
	}
	return broadcasted{s.clients, time.Since(from).Microseconds(), s.seq}
}
