// Command loopback-limit measures what this machine can do at best: one thread for each core writes the same bytes to its
// share of N loopback TCP sockets with plain system calls, and then reads them, without any protocol, wake-up or waiting. It
// prints {"sockets":N,"rounds":R,"wallUs":[…]}: for each round the time from the first write to the last read.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
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
	payload := make([]byte, bytes)
	threads := runtime.NumCPU()
	wall := make([]int64, 0, rounds)
	for range rounds {
		time.Sleep(time.Second)
		var group errgroup.Group
		start := time.Now()
		for thread := range threads {
			from, to := thread*sockets/threads, (thread+1)*sockets/threads
			group.Go(func() error { return pass(writers[from:to], readers[from:to], payload) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		wall = append(wall, time.Since(start).Microseconds())
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{"sockets": sockets, "rounds": rounds, "wallUs": wall})
}

// pass writes the payload to every writer, then reads it from every reader.
func pass(writers, readers []int, payload []byte) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, fd := range writers {
		if _, err := unix.Write(fd, payload); err != nil {
			return err
		}
	}
	buffer := make([]byte, 4096)
	for _, fd := range readers {
		for left := len(payload); left > 0; {
			n, err := unix.Read(fd, buffer[:left])
			if err != nil {
				return err
			}
			left -= n
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
