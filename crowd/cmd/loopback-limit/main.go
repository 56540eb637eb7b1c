// Command loopback-limit measures what this machine can do at best: it writes the same bytes to N loopback TCP sockets
// with plain system calls on one thread, and reads them by epoll on another, without any protocol. It prints
// {"sockets":N,"rounds":R,"wallUs":[…]}: for each round the time from the first write to the last read.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	sockets := flag.Int("sockets", 8000, "number of loopback connections")
	bytes := flag.Int("bytes", 200, "bytes written to each, each round")
	rounds := flag.Int("rounds", 9, "rounds, one second apart")
	flag.Parse()
	if err := run(*sockets, *bytes, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(sockets, bytes, rounds int) error {
	writers, readers, err := connect(sockets)
	if err != nil {
		return err
	}
	epoll, err := unix.EpollCreate1(0)
	if err != nil {
		return err
	}
	for _, fd := range readers {
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
		if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
			return err
		}
	}
	payload := make([]byte, bytes)
	wall := make([]int64, 0, rounds)
	for range rounds {
		time.Sleep(time.Second)
		done := make(chan error, 1)
		go func() {
			runtime.LockOSThread()
			done <- readAll(epoll, sockets*bytes)
		}()
		start := time.Now()
		for _, fd := range writers {
			if _, err := unix.Write(fd, payload); err != nil {
				return err
			}
		}
		if err := <-done; err != nil {
			return err
		}
		wall = append(wall, time.Since(start).Microseconds())
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"sockets": sockets, "rounds": rounds, "wallUs": wall})
}

// readAll reads until total bytes have come.
func readAll(epoll, total int) error {
	events := make([]unix.EpollEvent, 1024)
	buffer := make([]byte, 4096)
	for total > 0 {
		n, err := unix.EpollWait(epoll, events, 10_000)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("%d bytes did not come within 10 s", total)
		}
		for _, event := range events[:n] {
			read, err := unix.Read(int(event.Fd), buffer)
			if err != nil {
				return err
			}
			total -= read
		}
	}
	return nil
}

// connect opens the pairs, and takes their descriptors out of Go's own poller.
func connect(sockets int) (writers, readers []int, err error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	address := listener.Addr().(*net.TCPAddr)
	target := unix.SockaddrInet4{Port: address.Port, Addr: [4]byte{127, 0, 0, 1}}
	for range sockets {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			return nil, nil, err
		}
		if err := unix.Connect(fd, &target); err != nil {
			return nil, nil, err
		}
		accepted, err := listener.Accept()
		if err != nil {
			return nil, nil, err
		}
		file, err := accepted.(*net.TCPConn).File()
		if err != nil {
			return nil, nil, err
		}
		accepted.Close()
		writer, err := unix.Dup(int(file.Fd()))
		if err != nil {
			return nil, nil, err
		}
		file.Close()
		readers = append(readers, fd)
		writers = append(writers, writer)
	}
	return writers, readers, nil
}
