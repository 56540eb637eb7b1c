//go:build linux

// Command sse-server holds event streams as cheaply as Linux can, so that a measurement beside it is of its clients. It
// prints {"url":…,"control":…} once it listens.
//
//	GET  any path on url             opens a stream: a snapshot, then whatever is broadcast
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
	stream   string
	epoll    int
	listener int

	mu sync.Mutex
	// asked: the request has come, and the stream is open.
	asked   map[int32]bool
	clients int
	seq     int
}

func main() {
	stream := flag.String("stream", "match:bench", "the stream's id")
	port := flag.Int("port", 0, "port to listen on; 0: any")
	flag.Parse()
	if err := run(*stream, *port); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(stream string, port int) error {
	s := &server{stream: stream, asked: map[int32]bool{}}
	if err := s.listen(port); err != nil {
		return err
	}
	name, err := unix.Getsockname(s.listener)
	if err != nil {
		return err
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
	fmt.Printf("{\"url\":\"http://127.0.0.1:%d\",\"control\":\"http://%s\"}\n",
		name.(*unix.SockaddrInet4).Port, control.Addr())
	return s.serve()
}

func (s *server) listen(port int) (err error) {
	if s.listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(s.listener, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	if err := unix.Bind(s.listener, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	if err := unix.Listen(s.listener, 4096); err != nil {
		return err
	}
	if s.epoll, err = unix.EpollCreate1(0); err != nil {
		return err
	}
	return s.watch(s.listener)
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
			if int(event.Fd) == s.listener {
				s.accept()
			} else {
				s.read(event.Fd)
			}
		}
		s.mu.Unlock()
	}
}

func (s *server) accept() {
	for range 64 {
		fd, _, err := unix.Accept4(s.listener, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
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
